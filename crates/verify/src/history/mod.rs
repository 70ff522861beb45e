//! Histories: the calls of clients, their replies, and when they happened. Every checker reads
//! these.
//!
//! A history does not describe how a service works inside. It has the calls and returns that
//! clients observed, on one clock, and the ledgers after all commands had ended. Every reply
//! carries the account (balance and version) on which it was decided: that to an applied command,
//! to a rejected one, or to a read.
//!
//! Files are read line by line. An error names the line.

mod call;
mod open;

mod fields;
mod format;
mod input;
mod lines;

mod bank;
mod edn;
mod event;
mod kv;
mod log;
mod pairing;
mod register;

mod diagram;
mod generator;

#[cfg(test)]
mod fuzz;

pub use self::{
    bank::{Bank, BankCall, BankInput, BankOutput},
    call::{Answer, Call},
    diagram::{Diagram, Line, ROWS_MAX, WIDTH_MAX},
    format::{FORMAT, Recording, Recordings},
    generator::HistoryGenerator,
    input::UNPACKED_MAX,
    kv::{KvCall, KvInput, KvOutput},
    lines::{LINE_MAX, ReadError},
    open::{Calls, Object, Objects, Reading, Recorded, open, read_kv, read_register},
    register::{FailedCas, RegisterCall, RegisterInput, RegisterOutput},
};
use hotrow::domain::{Account, Action, Failure, LedgerEntry, OperationId, Outcome, Policy, UserId};

/// One recorded run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The policy of the service.
    pub policy: Policy,
    /// The operations, in no particular order.
    pub operations: Vec<Operation>,
    /// The ledgers after all commands had ended, by user. Empty if they were not recorded.
    pub ledgers: Vec<Ledger>,
}

/// One operation as its client observed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The client. It calls one operation after another, but does not wait for the return of an
    /// indeterminate one.
    pub client: u64,
    /// Differs from the id of every other command of the history. A read has
    /// [`OperationId::UNRECORDED`].
    pub id: OperationId,
    /// The user whose account it reads or changes.
    pub user: UserId,
    /// The action of a command; `None` for a read of the balance.
    pub action: Option<Action>,
    /// When it was called: nanoseconds, or any increasing count that all clients share.
    pub called: u64,
    /// When it returned, on the same clock. Has no meaning if the reply is
    /// [`Reply::Indeterminate`].
    pub returned: u64,
    /// The reply.
    pub reply: Reply,
}

/// The reply to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The command was applied and left this account.
    Applied(Account),
    /// A rule rejected the command on this account. Nothing changed.
    Refused(Account),
    /// The read returned this account.
    Read(Account),
    /// The command is certainly not applied, and never will be: the store failed before anything
    /// was written.
    NotApplied,
    /// None: the call was cut off, cancelled or failed. It may have taken effect once at any time
    /// after its call, may do so later, or never.
    Indeterminate,
}

impl Reply {
    /// Returns the reply that `outcome` is.
    pub fn to(outcome: &Outcome) -> Reply {
        match outcome {
            Ok(entry) => Reply::Applied(entry.receipt.after),
            Err(Failure::Rejected(rejection)) => Reply::Refused(rejection.before),
            Err(Failure::NotApplied(_)) => Reply::NotApplied,
            Err(Failure::Indeterminate(_)) => Reply::Indeterminate,
        }
    }
}

/// The account and the ledger of one user after all commands had ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// The user.
    pub user: UserId,
    /// The account.
    pub account: Account,
    /// The entries of the ledger, oldest first.
    pub entries: Vec<LedgerEntry>,
}
