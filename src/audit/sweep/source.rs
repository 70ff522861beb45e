//! What a sweep works on: operations, ledgers, and what is to be known of both.

use crate::{
    domain::{Fault, LedgerEntry, OperationId, Policy, UserId},
    history::Operation,
};

/// Where operations come from.
pub(in crate::audit) trait Source {
    /// All that is known of an operation, for whoever is told of it.
    fn operation(&self, who: u64) -> Operation;

    /// The operation that has this id, if there is one.
    fn find(&self, id: OperationId) -> Option<Operation>;

    /// Whether a client's operation was answered before it asked for another one of its own.
    fn in_turn(&self, first: u64, second: u64) -> bool;
}

/// Where ledgers are read: the entries of a user after a version, at most so many.
pub(in crate::audit) trait Pages:
    Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>
{
}
impl<P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>> Pages for P {}

/// What is to be known about how a sweep is made.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct Terms {
    pub(in crate::audit) policy: Policy,
    /// Whether entries say whose they are.
    pub(in crate::audit) ids: bool,
    /// Whether there are ledgers; if not only the order of what was told can be examined.
    pub(in crate::audit) ledgers: bool,
    /// Entries to ask for at once.
    pub(in crate::audit) page: usize,
}
