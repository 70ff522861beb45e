//! What a caller learns of a command: applied, refused, or not known.

use std::fmt;

use super::{Account, Command, Receipt};

/// What became of a command. `Ok` says applied; a [`Rejection`] says that nothing has changed; a
/// [`Fault`] says that the command may have been applied once, or not at all.
pub type Outcome = Result<Receipt, Failure>;

/// Why there is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A rule was in the way. The account is as it was.
    Rejected(Rejection),
    /// The command was cut off. It may have been applied once, or not at all.
    Unknown(Fault),
}

impl From<Rejection> for Failure {
    #[inline]
    fn from(rejection: Rejection) -> Failure {
        Failure::Rejected(rejection)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Unknown(fault)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Rejected(rejection) => rejection.fmt(f),
            Failure::Unknown(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

/// A command that a rule turned down: what was asked, what was held, and which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// The command turned down; it says what was asked.
    pub command: Command,
    /// The account that it met, and left as it was; it says what was held.
    pub before: Account,
    /// The rule in the way; it says what the limit is.
    pub reason: Reason,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.command.action.amount().points();
        let held = self.before.balance;
        match self.reason {
            Reason::AmountBelowMinimum { min } => {
                write!(f, "amount {asked} is too small: give {min} or more")
            }
            Reason::AmountAboveMaximum { max } => {
                write!(f, "amount {asked} is too large: give at most {max}")
            }
            Reason::AmountNotInUnits { unit } => {
                write!(f, "amount {asked} does not fit the unit: give a multiple of {unit}")
            }
            Reason::InsufficientBalance => {
                write!(f, "balance {held} is too small to use {asked}")
            }
            Reason::BalanceAboveMaximum { max } => {
                write!(f, "balance {held} and a charge of {asked} would pass the maximum of {max}")
            }
            Reason::LedgerFull { max } => {
                write!(f, "the account has accepted {max} commands and can accept no more")
            }
        }
    }
}

/// The rule that a command met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The amount is below the least that a command may move.
    AmountBelowMinimum {
        /// The least amount.
        min: u64,
    },
    /// The amount is above the most that a command may move.
    AmountAboveMaximum {
        /// The largest amount.
        max: u64,
    },
    /// The amount is not a multiple of the unit.
    AmountNotInUnits {
        /// What an amount must be a multiple of.
        unit: u64,
    },
    /// More was to be used than is held.
    InsufficientBalance,
    /// The charge would leave more than an account may hold.
    BalanceAboveMaximum {
        /// The largest balance.
        max: u64,
    },
    /// The account has come to the last version that a word can hold.
    LedgerFull {
        /// The last version.
        max: u64,
    },
}

/// What cut a command off, or kept a question from being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The code that ran the command panicked.
    Panicked,
    /// Whoever was to run the command went away first.
    Abandoned,
    /// The store could not say, or could not be told.
    Store {
        /// What the store said.
        reason: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Panicked => write!(f, "the command panicked, and may or may not be applied"),
            Fault::Abandoned => write!(f, "nobody was left to run the command to its end"),
            Fault::Store { reason } => write!(f, "the store failed: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Action, Amount, OperationId, UserId};

    fn rejection(reason: Reason) -> Rejection {
        let user = UserId::new(1).unwrap();
        let action = Action::Use(Amount::new(30).unwrap());
        let command = Command { id: OperationId(1), user, action };
        Rejection { command, before: Account { balance: 20, version: 4 }, reason }
    }

    /// A caller who is only told that it failed can do nothing about it: each rule names what it
    /// met and what would do.
    #[test]
    fn each_rule_says_what_would_do() {
        let told = |reason| rejection(reason).to_string();
        assert_eq!(
            told(Reason::AmountBelowMinimum { min: 40 }),
            "amount 30 is too small: give 40 or more"
        );
        assert_eq!(
            told(Reason::AmountAboveMaximum { max: 20 }),
            "amount 30 is too large: give at most 20"
        );
        assert_eq!(
            told(Reason::AmountNotInUnits { unit: 7 }),
            "amount 30 does not fit the unit: give a multiple of 7"
        );
        assert_eq!(
            told(Reason::BalanceAboveMaximum { max: 45 }),
            "balance 20 and a charge of 30 would pass the maximum of 45"
        );
        assert_eq!(
            told(Reason::LedgerFull { max: 4 }),
            "the account has accepted 4 commands and can accept no more"
        );
    }

    /// Refused and not known are told in the words of what was in the way, and a fault never sounds
    /// as if nothing had happened.
    #[test]
    fn a_failure_is_told_in_the_words_of_its_cause() {
        let refused = rejection(Reason::InsufficientBalance);
        assert_eq!(Failure::from(refused), Failure::Rejected(refused));
        assert_eq!(Failure::from(refused).to_string(), "balance 20 is too small to use 30");
        let told = |fault| Failure::from(fault).to_string();
        assert_eq!(told(Fault::Panicked), "the command panicked, and may or may not be applied");
        assert_eq!(told(Fault::Abandoned), "nobody was left to run the command to its end");
        assert_eq!(told(Fault::Store { reason: "full" }), "the store failed: full");
    }
}
