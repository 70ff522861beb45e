//! The outcome of a command: applied, rejected, not applied, or indeterminate.

use std::fmt;

use super::{Account, Command, CommitError, LedgerEntry, StoreError};

/// The result of a command. `Ok` holds the ledger entry of an applied command, so the caller knows
/// its time without a further read.
pub type Outcome = Result<LedgerEntry, Failure>;

/// The reason for a missing ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A rule rejected the command. The account is unchanged.
    Rejected(Rejection),
    /// The store failed before anything was written. The command is certainly not applied and never
    /// will be, so the caller may send it again.
    NotApplied(StoreError),
    /// The command was interrupted. It was applied once or not at all.
    Indeterminate(Fault),
}

impl From<Rejection> for Failure {
    #[inline]
    fn from(rejection: Rejection) -> Failure {
        Failure::Rejected(rejection)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Indeterminate(fault)
    }
}

/// The error of a call that writes nothing, such as a load: the command is not applied.
impl From<StoreError> for Failure {
    #[cold]
    fn from(error: StoreError) -> Failure {
        Failure::NotApplied(error)
    }
}

impl From<CommitError> for Failure {
    #[cold]
    fn from(error: CommitError) -> Failure {
        match error {
            CommitError::NotApplied(error) => Failure::NotApplied(error),
            CommitError::Indeterminate(error) => Failure::Indeterminate(Fault::Store(error)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Rejected(rejection) => rejection.fmt(f),
            Failure::NotApplied(error) => write!(f, "the command is not applied: {error}"),
            Failure::Indeterminate(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

/// A command that a rule rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// The rejected command.
    pub command: Command,
    /// The account, which the command left unchanged.
    pub before: Account,
    /// The violated rule, with its limit.
    pub reason: Reason,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.command.action.amount().points();
        let balance = self.before.balance;
        match self.reason {
            Reason::AmountBelowMinimum { min } => {
                write!(f, "amount {amount} is too small: give {min} or more")
            }
            Reason::AmountAboveMaximum { max } => {
                write!(f, "amount {amount} is too large: give at most {max}")
            }
            Reason::AmountNotInUnits { unit } => {
                write!(f, "amount {amount} does not fit the unit: give a multiple of {unit}")
            }
            Reason::InsufficientBalance => {
                write!(f, "balance {balance} is too small to use {amount}")
            }
            Reason::BalanceAboveMaximum { max } => {
                write!(
                    f,
                    "balance {balance} and a charge of {amount} would pass the maximum of {max}"
                )
            }
            Reason::LedgerFull { max } => {
                write!(f, "the account has accepted {max} commands and can accept no more")
            }
        }
    }
}

/// The rule that rejected a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The amount is below the minimum of the policy.
    AmountBelowMinimum {
        /// The smallest amount.
        min: u64,
    },
    /// The amount is above the maximum of the policy.
    AmountAboveMaximum {
        /// The largest amount.
        max: u64,
    },
    /// The amount is not a multiple of the unit.
    AmountNotInUnits {
        /// The unit, in points.
        unit: u64,
    },
    /// The amount of a use exceeds the balance.
    InsufficientBalance,
    /// The charge would raise the balance above its maximum.
    BalanceAboveMaximum {
        /// The largest balance.
        max: u64,
    },
    /// The account has reached the last version that its word can hold.
    LedgerFull {
        /// The last version.
        max: u64,
    },
}

/// The cause of an indeterminate command or a failed read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The code that executed the command panicked.
    Panicked,
    /// The task that had to execute the command ended first.
    Abandoned,
    /// The store could not be read or written.
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Panicked => write!(f, "the command panicked, and may or may not be applied"),
            Fault::Abandoned => {
                write!(f, "the task of the command ended early, and may or may not have applied it")
            }
            Fault::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Action, Amount, OperationId, StoreErrorKind, UserId};

    fn rejection(reason: Reason) -> Rejection {
        let user = UserId::new(1).unwrap();
        let action = Action::Use(Amount::new(30).unwrap());
        let command = Command { id: OperationId(1), user, action };
        Rejection { command, before: Account { balance: 20, version: 4 }, reason }
    }

    /// A client can only correct a command if the message names the value and the limit.
    #[test]
    fn each_rejection_names_the_value_and_the_limit() {
        let message = |reason| rejection(reason).to_string();
        assert_eq!(
            message(Reason::AmountBelowMinimum { min: 40 }),
            "amount 30 is too small: give 40 or more"
        );
        assert_eq!(
            message(Reason::AmountAboveMaximum { max: 20 }),
            "amount 30 is too large: give at most 20"
        );
        assert_eq!(
            message(Reason::AmountNotInUnits { unit: 7 }),
            "amount 30 does not fit the unit: give a multiple of 7"
        );
        assert_eq!(
            message(Reason::BalanceAboveMaximum { max: 45 }),
            "balance 20 and a charge of 30 would pass the maximum of 45"
        );
        assert_eq!(
            message(Reason::LedgerFull { max: 4 }),
            "the account has accepted 4 commands and can accept no more"
        );
    }

    /// A failure displays its cause. The message of a fault must not suggest that nothing changed.
    #[test]
    fn a_failure_displays_its_cause() {
        let rejected = rejection(Reason::InsufficientBalance);
        assert_eq!(Failure::from(rejected), Failure::Rejected(rejected));
        assert_eq!(Failure::from(rejected).to_string(), "balance 20 is too small to use 30");
        let message = |fault| Failure::from(fault).to_string();
        assert_eq!(message(Fault::Panicked), "the command panicked, and may or may not be applied");
        assert_eq!(
            message(Fault::Abandoned),
            "the task of the command ended early, and may or may not have applied it"
        );
        let full = StoreError::constant(StoreErrorKind::Failed, "full");
        assert_eq!(message(Fault::Store(full)), "the store failed: full");
        assert_eq!(
            Failure::NotApplied(full).to_string(),
            "the command is not applied: the store failed: full"
        );
    }
}
