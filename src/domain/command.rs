//! Commands on an account, and the one function that decides them.

use std::{fmt, num::NonZeroU64};

use super::{Account, BALANCE_LIMIT, OutOfRange, Policy, Reason, Rejection, UserId, VERSION_LIMIT};

/// Points that a command moves: 1 to [`BALANCE_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(NonZeroU64);

impl Amount {
    /// Validates a number of points from 1 to [`BALANCE_LIMIT`].
    ///
    /// # Errors
    /// [`OutOfRange`] for zero and for a number above the limit.
    pub const fn new(points: u64) -> Result<Amount, OutOfRange> {
        match NonZeroU64::new(points) {
            Some(valid) if points <= BALANCE_LIMIT => Ok(Amount(valid)),
            _ => Err(OutOfRange { what: "amount", given: points, min: 1, max: BALANCE_LIMIT }),
        }
    }

    /// Returns the amount as a number of points.
    #[inline]
    pub const fn points(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id that a client gives to a command. The client finds the command in the ledger by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

impl OperationId {
    /// The id in a ledger entry of a store that keeps no ids, as the given history table does.
    pub const UNRECORDED: OperationId = OperationId(0);
}

/// The change that a command makes to a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Adds points.
    Charge(Amount),
    /// Spends points.
    Use(Amount),
}

impl Action {
    /// Returns the points that the action adds or spends.
    #[inline]
    pub const fn amount(self) -> Amount {
        match self {
            Action::Charge(amount) | Action::Use(amount) => amount,
        }
    }
}

/// `charge 37`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Charge(amount) => write!(f, "charge {amount}"),
            Action::Use(amount) => write!(f, "use {amount}"),
        }
    }
}

/// A request to change a balance. It is plain data: a queue stores it, an actor receives it as a
/// message, and a compare-and-set loop decides it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// The id that the client chose.
    pub id: OperationId,
    /// The owner of the account.
    pub user: UserId,
    /// The change.
    pub action: Action,
}

impl Command {
    /// Decides this command on the account `before` under `policy`.
    ///
    /// This is the business rule and the sequential specification that an audit replays. It has no
    /// effect, so an optimistic strategy may call it any number of times.
    ///
    /// # Errors
    /// [`Rejection`] with the first violated rule. The order is: the amount's own bounds, the
    /// balance, the version.
    #[inline]
    pub fn decide(self, before: Account, policy: &Policy) -> Result<Receipt, Rejection> {
        let reject = |reason| Rejection { command: self, before, reason };
        let balance = policy.balance_after(before, self.action).map_err(reject)?;
        if VERSION_LIMIT <= before.version {
            return Err(reject(Reason::LedgerFull { max: VERSION_LIMIT }));
        }
        let after = Account { balance, version: before.version + 1 };
        Ok(Receipt { command: self, before, after })
    }
}

/// The result of an accepted command: the answer to the client, the entry in the ledger, and the
/// input of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The accepted command.
    pub command: Command,
    /// The account before the command.
    pub before: Account,
    /// The account after the command.
    pub after: Account,
}

/// A receipt as a store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The receipt.
    pub receipt: Receipt,
    /// The time of the write, in milliseconds since 1970 by the service's coarse clock.
    pub time_millis: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Bounds;

    fn amount(points: u64) -> Amount {
        Amount::new(points).unwrap()
    }

    fn decide(action: Action, balance: u64, policy: &Policy) -> Result<u64, Reason> {
        let command = Command { id: OperationId(1), user: UserId::new(1).unwrap(), action };
        command
            .decide(Account { balance, version: 3 }, policy)
            .map(|receipt| receipt.after.balance)
            .map_err(|rejection| rejection.reason)
    }

    /// An amount of zero would add a ledger entry that changes nothing.
    #[test]
    fn an_amount_is_1_to_the_balance_limit() {
        assert!(Amount::new(0).is_err());
        assert_eq!(amount(1).points(), 1);
        assert_eq!(amount(BALANCE_LIMIT).points(), BALANCE_LIMIT);
        assert!(Amount::new(BALANCE_LIMIT + 1).is_err());
    }

    /// The accepted cases, at both ends of the range: up to the maximum, and down to zero.
    #[test]
    fn a_charge_adds_and_a_use_subtracts() {
        let policy = Policy::default();
        assert_eq!(decide(Action::Charge(amount(40)), 2, &policy), Ok(42));
        assert_eq!(decide(Action::Charge(amount(1_000_000)), 0, &policy), Ok(1_000_000));
        assert_eq!(decide(Action::Use(amount(40)), 42, &policy), Ok(2));
        assert_eq!(decide(Action::Use(amount(42)), 42, &policy), Ok(0));
    }

    /// Overspending by one point is the error that concurrency control has to prevent.
    #[test]
    fn a_use_above_the_balance_is_rejected() {
        let policy = Policy::default();
        assert_eq!(decide(Action::Use(amount(43)), 42, &policy), Err(Reason::InsufficientBalance));
        assert_eq!(decide(Action::Use(amount(1)), 0, &policy), Err(Reason::InsufficientBalance));
    }

    /// A charge that exceeds the maximum by one point must be rejected, and not reduced to fit.
    #[test]
    fn a_charge_above_the_maximum_is_rejected_whole() {
        let rejected = Err(Reason::BalanceAboveMaximum { max: 1_000_000 });
        assert_eq!(decide(Action::Charge(amount(1)), 1_000_000, &Policy::default()), rejected);
        assert_eq!(decide(Action::Charge(amount(500_001)), 500_000, &Policy::default()), rejected);
    }

    /// The bounds of a single command hold at every balance, and the bound itself is allowed.
    #[test]
    fn an_amount_outside_the_policy_is_rejected() {
        let policy = Policy::new(Bounds {
            amount_min: 100,
            amount_max: 5_000,
            unit: 100,
            ..Bounds::default()
        })
        .unwrap();
        let charge = |points| decide(Action::Charge(amount(points)), 0, &policy);
        assert_eq!(charge(99), Err(Reason::AmountBelowMinimum { min: 100 }));
        assert_eq!(charge(100), Ok(100));
        assert_eq!(charge(150), Err(Reason::AmountNotInUnits { unit: 100 }));
        assert_eq!(charge(5_000), Ok(5_000));
        assert_eq!(charge(5_001), Err(Reason::AmountAboveMaximum { max: 5_000 }));
        let spend = |points| decide(Action::Use(amount(points)), 1_000, &policy);
        assert_eq!(spend(99), Err(Reason::AmountBelowMinimum { min: 100 }));
        assert_eq!(spend(200), Ok(800));
    }

    /// The sum of the largest balance and the largest amount fits 64 bits with room to spare. A
    /// balance from a corrupt store must not wrap either.
    #[test]
    fn the_arithmetic_does_not_overflow() {
        let widest = Policy::new(Bounds {
            amount_max: BALANCE_LIMIT,
            balance_max: BALANCE_LIMIT,
            ..Bounds::default()
        })
        .unwrap();
        let rejected = Err(Reason::BalanceAboveMaximum { max: BALANCE_LIMIT });
        assert_eq!(decide(Action::Charge(amount(BALANCE_LIMIT)), 0, &widest), Ok(BALANCE_LIMIT));
        assert_eq!(decide(Action::Charge(amount(1)), BALANCE_LIMIT, &widest), rejected);
        assert_eq!(decide(Action::Charge(amount(1)), u64::MAX, &widest), rejected);
    }

    /// If a version wrapped, an old word would look new to a compare-and-set (the ABA problem).
    #[test]
    fn an_account_at_its_last_version_rejects_further_commands() {
        let command = Command {
            id: OperationId(1),
            user: UserId::new(1).unwrap(),
            action: Action::Charge(amount(1)),
        };
        let last = Account { balance: 5, version: VERSION_LIMIT };
        let rejected = command.decide(last, &Policy::default()).unwrap_err();
        assert_eq!(rejected.reason, Reason::LedgerFull { max: VERSION_LIMIT });
        let next_to_last = Account { balance: 5, version: VERSION_LIMIT - 1 };
        assert!(command.decide(next_to_last, &Policy::default()).is_ok());
    }

    /// A client needs the balance, the amount and the limit to correct its command.
    #[test]
    fn a_rejection_names_the_balance_the_amount_and_the_limit() {
        let command = Command {
            id: OperationId(7),
            user: UserId::new(9).unwrap(),
            action: Action::Use(amount(30)),
        };
        let before = Account { balance: 20, version: 4 };
        let rejection = command.decide(before, &Policy::default()).unwrap_err();
        assert_eq!(rejection.before, before);
        assert_eq!(rejection.command, command);
        assert_eq!(rejection.to_string(), "balance 20 is too small to use 30");
    }

    /// An optimistic strategy decides a command more than once, so each call must return the same.
    #[test]
    fn deciding_a_command_has_no_effect() {
        let command = Command {
            id: OperationId(1),
            user: UserId::new(1).unwrap(),
            action: Action::Charge(amount(10)),
        };
        let before = Account { balance: 1, version: 1 };
        let policy = Policy::default();
        assert_eq!(command.decide(before, &policy), command.decide(before, &policy));
    }
}
