//! The inputs of a sweep: operations, ledgers and configuration.

use crate::history::Operation;
use hotrow::domain::{Fault, LedgerEntry, OperationId, Policy, UserId};

/// Gives the sweep details of its operations.
pub(in crate::audit) trait Source {
    /// The whole operation, for the report of a violation.
    fn operation(&self, key: u64) -> Operation;

    /// The operation that has this id, if there is one.
    fn find(&self, id: OperationId) -> Option<Operation>;

    /// Whether a client's operation returned before the same client called the other one.
    fn in_program_order(&self, first: u64, second: u64) -> bool;
}

/// Reads ledgers: the entries of a user after a version, up to a maximum number.
pub(in crate::audit) trait Pages:
    Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>
{
}
impl<P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault>> Pages for P {}

/// The configuration of a sweep.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct SweepConfig {
    pub(in crate::audit) policy: Policy,
    /// Whether entries record the ids of their commands.
    pub(in crate::audit) ids: bool,
    /// Whether there are ledgers. Without them only the order of versions can be checked.
    pub(in crate::audit) ledgers: bool,
    /// Entries to read at once.
    pub(in crate::audit) page: usize,
}
