//! The rules of a point account, as values and one pure function.
//!
//! No decision needs a clock, a lock or I/O, so no outside condition can make it fail and every
//! decision can be repeated: by a compare-and-set loop after a failed commit, or by an audit that
//! replays a ledger. [`Command::decide`] is the only place that computes a balance.

mod account;
mod command;
mod outcome;
mod policy;
mod store_error;

pub use self::{
    account::{Account, BALANCE_LIMIT, OutOfRange, UserId, VERSION_LIMIT},
    command::{Action, Amount, Command, LedgerEntry, OperationId, Receipt},
    outcome::{Failure, Fault, Outcome, Reason, Rejection},
    policy::{Bounds, Policy, PolicyError},
    store_error::{CommitError, StoreError, StoreErrorKind},
};
