//! The rules of a point account, as values and one pure function.
//!
//! Nothing here has a clock, a lock or I/O, so nothing here can fail for an outside reason and
//! everything may be run again: by a compare-and-set loop that lost its race, by an auditor that
//! replays a ledger. [`Command::decide`] is the only place where a balance is computed.

mod account;
mod command;
mod outcome;
mod policy;

pub use self::{
    account::{Account, BALANCE_LIMIT, OutOfRange, UserId, VERSION_LIMIT},
    command::{Action, Amount, Command, LedgerEntry, OperationId, Receipt},
    outcome::{Failure, Fault, Outcome, Reason, Rejection},
    policy::{Bounds, Policy, PolicyError},
};
