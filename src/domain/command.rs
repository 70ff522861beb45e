//! What is asked of an account, and the one function that decides it.

use std::{fmt, num::NonZeroU64};

use super::{Account, BALANCE_LIMIT, OutOfRange, Policy, Reason, Rejection, UserId, VERSION_LIMIT};

/// Points that a command moves: 1 to [`BALANCE_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(NonZeroU64);

impl Amount {
    /// Takes a number of points from 1 to [`BALANCE_LIMIT`].
    ///
    /// # Errors
    /// [`OutOfRange`] for zero and for what lies past the limit.
    pub const fn new(points: u64) -> Result<Amount, OutOfRange> {
        match NonZeroU64::new(points) {
            Some(known) if points <= BALANCE_LIMIT => Ok(Amount(known)),
            _ => Err(OutOfRange { what: "amount", asked: points, min: 1, max: BALANCE_LIMIT }),
        }
    }

    /// The amount as a number.
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

/// The name that its sender gave a command, to know it again in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

impl OperationId {
    /// The id of a ledger entry whose store keeps none, as the given history table does.
    pub const UNRECORDED: OperationId = OperationId(0);
}

/// What a command does to a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Adds points.
    Charge(Amount),
    /// Spends points.
    Use(Amount),
}

impl Action {
    /// The points moved, whichever way.
    #[inline]
    pub const fn amount(self) -> Amount {
        match self {
            Action::Charge(amount) | Action::Use(amount) => amount,
        }
    }
}

/// A request to change a balance. Plain data: a queue keeps it, an actor is sent it, a
/// compare-and-set loop decides it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// What its sender calls it.
    pub id: OperationId,
    /// Whose account to change.
    pub user: UserId,
    /// What to do to it.
    pub action: Action,
}

impl Command {
    /// What this command makes of the account `before` under `policy`.
    ///
    /// This is the business rule, the sequential specification that an audit replays, and what
    /// an optimistic strategy runs as often as it must. It has no effect.
    ///
    /// # Errors
    /// [`Rejection`] with the first rule in the way: the amount's own bounds, then the balance,
    /// then the version.
    #[inline]
    pub fn decide(self, before: Account, policy: &Policy) -> Result<Receipt, Rejection> {
        let turned_down = |reason| Rejection { command: self, before, reason };
        let balance = policy.balance_after(before, self.action).map_err(turned_down)?;
        if VERSION_LIMIT <= before.version {
            return Err(turned_down(Reason::LedgerFull { max: VERSION_LIMIT }));
        }
        let after = Account { balance, version: before.version + 1 };
        Ok(Receipt { command: self, before, after })
    }
}

/// What became of an accepted command: the answer to its sender, the line in the history, and
/// what an audit replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The command accepted.
    pub command: Command,
    /// The account that it met.
    pub before: Account,
    /// The account that it left.
    pub after: Account,
}

/// A receipt as a store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What was done.
    pub receipt: Receipt,
    /// When it was written, in milliseconds since 1970 by the service's tick.
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

    /// Zero moves nothing, and an acknowledged nothing is a line in the history that lies.
    #[test]
    fn an_amount_is_1_to_the_balance_limit() {
        assert!(Amount::new(0).is_err());
        assert_eq!(amount(1).points(), 1);
        assert_eq!(amount(BALANCE_LIMIT).points(), BALANCE_LIMIT);
        assert!(Amount::new(BALANCE_LIMIT + 1).is_err());
    }

    /// The plain case, with both ends of what is allowed: to the maximum, and down to nothing.
    #[test]
    fn a_charge_adds_and_a_use_takes_away() {
        let policy = Policy::default();
        assert_eq!(decide(Action::Charge(amount(40)), 2, &policy), Ok(42));
        assert_eq!(decide(Action::Charge(amount(1_000_000)), 0, &policy), Ok(1_000_000));
        assert_eq!(decide(Action::Use(amount(40)), 42, &policy), Ok(2));
        assert_eq!(decide(Action::Use(amount(42)), 42, &policy), Ok(0));
    }

    /// Spending one point more than is held is the fault that the whole exercise is about.
    #[test]
    fn a_use_of_more_than_is_held_is_refused() {
        let policy = Policy::default();
        assert_eq!(decide(Action::Use(amount(43)), 42, &policy), Err(Reason::InsufficientBalance));
        assert_eq!(decide(Action::Use(amount(1)), 0, &policy), Err(Reason::InsufficientBalance));
    }

    /// One point past the maximum must be refused and not be cut down to what fits.
    #[test]
    fn a_charge_past_the_maximum_is_refused_whole() {
        let refused = Err(Reason::BalanceAboveMaximum { max: 1_000_000 });
        assert_eq!(decide(Action::Charge(amount(1)), 1_000_000, &Policy::default()), refused);
        assert_eq!(decide(Action::Charge(amount(500_001)), 500_000, &Policy::default()), refused);
    }

    /// Bounds on a single command hold whatever the balance, and at the bound it is allowed.
    #[test]
    fn an_amount_outside_the_policy_is_refused() {
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

    /// The sum of the largest balance and the largest amount lies far inside 64 bits, and a
    /// balance from a corrupt store must not wrap either.
    #[test]
    fn no_number_can_overflow() {
        let widest = Policy::new(Bounds {
            amount_max: BALANCE_LIMIT,
            balance_max: BALANCE_LIMIT,
            ..Bounds::default()
        })
        .unwrap();
        let refused = Err(Reason::BalanceAboveMaximum { max: BALANCE_LIMIT });
        assert_eq!(decide(Action::Charge(amount(BALANCE_LIMIT)), 0, &widest), Ok(BALANCE_LIMIT));
        assert_eq!(decide(Action::Charge(amount(1)), BALANCE_LIMIT, &widest), refused);
        assert_eq!(decide(Action::Charge(amount(1)), u64::MAX, &widest), refused);
    }

    /// A version that wrapped would make an old word look new to a compare-and-set.
    #[test]
    fn an_account_at_its_last_version_accepts_no_more() {
        let command = Command {
            id: OperationId(1),
            user: UserId::new(1).unwrap(),
            action: Action::Charge(amount(1)),
        };
        let last = Account { balance: 5, version: VERSION_LIMIT };
        let refused = command.decide(last, &Policy::default()).unwrap_err();
        assert_eq!(refused.reason, Reason::LedgerFull { max: VERSION_LIMIT });
        let next_to_last = Account { balance: 5, version: VERSION_LIMIT - 1 };
        assert!(command.decide(next_to_last, &Policy::default()).is_ok());
    }

    /// A caller must learn what was held, what was asked and what the limit is.
    #[test]
    fn a_rejection_says_what_was_held_asked_and_allowed() {
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

    /// Deciding twice is what an optimistic strategy does: the second answer must be the first.
    #[test]
    fn deciding_has_no_effect() {
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
