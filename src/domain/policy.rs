//! The policy: limits on the amount of a command and on the balance of an account.

use std::{fmt, hint::black_box, str::FromStr};

use super::{Account, Action, BALANCE_LIMIT, Reason};

/// The unchecked bounds of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest amount of a command, in points; at least 1.
    pub amount_min: u64,
    /// The largest amount of a command, in points; at most [`BALANCE_LIMIT`].
    pub amount_max: u64,
    /// An amount must be a multiple of this number of points; 1 allows every amount.
    pub unit: u64,
    /// The largest balance of an account, in points; at most [`BALANCE_LIMIT`].
    pub balance_max: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { amount_min: 1, amount_max: 1_000_000, unit: 1, balance_max: 1_000_000 }
    }
}

/// Bounds that are consistent and that every store can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    bounds: Bounds,
    /// See [`with_work`](Policy::with_work).
    work: u32,
}

impl Policy {
    /// Checks the bounds once, so that commands need not check them.
    ///
    /// # Errors
    /// [`PolicyError`] names the invalid bound.
    pub const fn new(bounds: Bounds) -> Result<Policy, PolicyError> {
        let Bounds { amount_min, amount_max, unit, balance_max } = bounds;
        if amount_min == 0 {
            return Err(PolicyError::NoAmount);
        }
        if unit == 0 {
            return Err(PolicyError::NoUnit);
        }
        if BALANCE_LIMIT < amount_max || BALANCE_LIMIT < balance_max {
            return Err(PolicyError::PastLimit);
        }
        if amount_max / unit * unit < amount_min {
            return Err(PolicyError::NothingAllowed { amount_min, amount_max, unit });
        }
        Ok(Policy { bounds, work: 0 })
    }

    /// Returns the same policy with `rounds` of a hash added to every decision, as a stand-in for a
    /// more expensive rule. A round takes about 1 to 2 ns. The number of instructions is the same
    /// on every machine; the time is not.
    pub const fn with_work(self, rounds: u32) -> Policy {
        Policy { work: rounds, ..self }
    }

    /// Returns the bounds.
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Returns the balance after `action`, or the rule that `action` violates.
    ///
    /// Charges and uses take the same path through the processor. The processor cannot predict
    /// which of them comes next, and a mispredicted branch would cost more than the rest of the
    /// rule.
    #[inline]
    pub(super) fn balance_after(&self, before: Account, action: Action) -> Result<u64, Reason> {
        let Bounds { amount_min, amount_max, unit, balance_max } = self.bounds;
        if self.work > 0 {
            hash_rounds(self.work);
        }
        let points = action.amount().points();
        let is_use = matches!(action, Action::Use(_));
        let (sum, too_much) = before.balance.overflowing_add(points);
        let (rest, too_little) = before.balance.overflowing_sub(points);
        let fits = if is_use { !too_little } else { !too_much & (sum <= balance_max) };
        let in_bounds = (amount_min <= points) & (points <= amount_max);
        // A division costs more than the rest of the rule, and most policies have unit 1.
        let in_units = unit == 1 || points.is_multiple_of(unit);
        match fits & in_bounds & in_units {
            true => Ok(if is_use { rest } else { sum }),
            false => Err(self.violated_rule(action)),
        }
    }

    /// Returns the first rule that `action` violates: a bound on the amount, else the balance.
    #[cold]
    fn violated_rule(&self, action: Action) -> Reason {
        let Bounds { amount_min, amount_max, unit, balance_max } = self.bounds;
        let points = action.amount().points();
        match action {
            _ if points < amount_min => Reason::AmountBelowMinimum { min: amount_min },
            _ if amount_max < points => Reason::AmountAboveMaximum { max: amount_max },
            _ if !points.is_multiple_of(unit) => Reason::AmountNotInUnits { unit },
            Action::Charge(_) => Reason::BalanceAboveMaximum { max: balance_max },
            Action::Use(_) => Reason::InsufficientBalance,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds { amount_min, amount_max, unit, balance_max } = self.bounds;
        write!(f, "amount={amount_min}..{amount_max},unit={unit},balance={balance_max}")
    }
}

/// Parses `amount=1..1000000,unit=1,balance=1000000`. A part that is left out has its default.
impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Policy, String> {
        let mut bounds = Bounds::default();
        let mut named = Vec::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number = |text: &str| {
                text.parse::<u64>().map_err(|_| format!("`{part}`: `{text}` is not a whole number"))
            };
            match name {
                _ if named.contains(&name) => return Err(format!("`{name}` is given twice")),
                "amount" => {
                    let Some((min, max)) = value.split_once("..") else {
                        return Err(format!("`{part}`: write amount=1..1000000"));
                    };
                    (bounds.amount_min, bounds.amount_max) = (number(min)?, number(max)?);
                }
                "unit" => bounds.unit = number(value)?,
                "balance" => bounds.balance_max = number(value)?,
                _ => return Err(format!("`{part}`: write it as {}", Policy::default())),
            }
            named.push(name);
        }
        Policy::new(bounds).map_err(|error| error.to_string())
    }
}

/// Computes `rounds` of a hash, each of which depends on the one before.
#[cold]
fn hash_rounds(rounds: u32) {
    let mut word = u64::from(rounds);
    for _ in 0..rounds {
        word = (word ^ (word >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    black_box(word);
}

/// An invalid bound of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// The smallest amount is zero, so a command could be acknowledged without a change.
    NoAmount,
    /// The unit is zero.
    NoUnit,
    /// The largest amount or balance exceeds the limit of a store.
    PastLimit,
    /// No multiple of the unit lies between the smallest and the largest amount.
    NothingAllowed {
        /// The smallest amount of a command.
        amount_min: u64,
        /// The largest amount of a command.
        amount_max: u64,
        /// The unit, in points.
        unit: u64,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::NoAmount => write!(f, "least amount 0 is too small: give 1 or more"),
            PolicyError::NoUnit => write!(f, "unit 0 divides nothing: give 1 or more"),
            PolicyError::PastLimit => {
                write!(f, "largest amount and balance may be at most {BALANCE_LIMIT}")
            }
            PolicyError::NothingAllowed { amount_min, amount_max, unit } => write!(
                f,
                "no amount is allowed: {amount_min} to {amount_max} contains no multiple of {unit}"
            ),
        }
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Amount;

    fn with(change: impl FnOnce(&mut Bounds)) -> Result<Policy, PolicyError> {
        let mut bounds = Bounds::default();
        change(&mut bounds);
        Policy::new(bounds)
    }

    /// Every user of the default policy depends on these values, so this test pins them.
    #[test]
    fn the_default_policy_allows_1_to_a_million() {
        let bounds = Policy::default().bounds();
        assert_eq!((bounds.amount_min, bounds.amount_max), (1, 1_000_000));
        assert_eq!((bounds.unit, bounds.balance_max), (1, 1_000_000));
        assert_eq!(Policy::new(bounds), Ok(Policy::default()));
    }

    /// A policy that allows no command, or more than a store can hold, must be an error when it is
    /// built and not at the first command.
    #[test]
    fn inconsistent_bounds_are_an_error_when_the_policy_is_built() {
        assert_eq!(with(|b| b.amount_min = 0), Err(PolicyError::NoAmount));
        assert_eq!(with(|b| b.unit = 0), Err(PolicyError::NoUnit));
        assert_eq!(with(|b| b.balance_max = BALANCE_LIMIT + 1), Err(PolicyError::PastLimit));
        assert_eq!(with(|b| b.amount_max = BALANCE_LIMIT + 1), Err(PolicyError::PastLimit));
        assert!(with(|b| b.amount_min = 1_000_001).is_err());
        assert_eq!(
            with(|b| (b.amount_min, b.amount_max, b.unit) = (101, 199, 100)),
            Err(PolicyError::NothingAllowed { amount_min: 101, amount_max: 199, unit: 100 })
        );
        assert!(with(|b| (b.amount_min, b.amount_max, b.unit) = (101, 200, 100)).is_ok());
    }

    /// The message must name the invalid bound.
    #[test]
    fn a_policy_error_names_the_bound() {
        let message = |error: PolicyError| error.to_string();
        assert_eq!(message(PolicyError::NoAmount), "least amount 0 is too small: give 1 or more");
        assert_eq!(message(PolicyError::NoUnit), "unit 0 divides nothing: give 1 or more");
        assert_eq!(
            message(PolicyError::PastLimit),
            "largest amount and balance may be at most 4294967295"
        );
        assert_eq!(
            message(PolicyError::NothingAllowed { amount_min: 101, amount_max: 199, unit: 100 }),
            "no amount is allowed: 101 to 199 contains no multiple of 100"
        );
    }

    /// An amount at its bound is allowed, so the balance is the violated rule. A client that reads
    /// of the amount instead would correct the wrong value.
    #[test]
    fn an_amount_at_its_bound_is_not_the_violated_rule() {
        let policy = with(|b| (b.amount_min, b.amount_max, b.unit) = (10, 20, 10)).unwrap();
        let decide =
            |action, balance| policy.balance_after(Account { balance, version: 0 }, action);
        let full = Err(Reason::BalanceAboveMaximum { max: 1_000_000 });
        for points in [10, 20].map(|points| Amount::new(points).unwrap()) {
            assert_eq!(decide(Action::Charge(points), 999_999), full);
            assert_eq!(decide(Action::Use(points), 9), Err(Reason::InsufficientBalance));
        }
    }

    /// An amount beyond a bound is rejected by the bound, even if it is a multiple of the unit.
    #[test]
    fn an_amount_beyond_its_bound_is_rejected_whatever_the_unit() {
        let policy = with(|b| (b.amount_min, b.amount_max, b.unit) = (20, 40, 10)).unwrap();
        let before = Account { balance: 100, version: 1 };
        for kind in [Action::Charge, Action::Use] {
            let decide = |points| policy.balance_after(before, kind(Amount::new(points).unwrap()));
            assert_eq!(decide(10), Err(Reason::AmountBelowMinimum { min: 20 }));
            assert_eq!(decide(25), Err(Reason::AmountNotInUnits { unit: 10 }));
            assert_eq!(decide(50), Err(Reason::AmountAboveMaximum { max: 40 }));
            assert!(decide(30).is_ok());
        }
    }

    /// A policy parses back from its own text, and an error message says what to write.
    #[test]
    fn a_policy_is_parsed_as_it_is_displayed() {
        let text = "amount=100..5000,unit=100,balance=20000";
        let policy: Policy = text.parse().unwrap();
        assert_eq!(policy.to_string(), text);
        assert_eq!("unit=1".parse(), Ok(Policy::default()));
        for (invalid, expected) in [
            ("", "`: write it as amount=1..1000000,unit=1,balance=1000000"),
            ("amount=5", "write amount=1..1000000"),
            ("amount=1..x", "`x` is not a whole number"),
            ("unit=0", "unit 0 divides nothing"),
            ("unit=1,unit=2", "`unit` is given twice"),
            ("balance=4294967296", "at most 4294967295"),
            ("amount=3..4,unit=5", "no amount is allowed"),
        ] {
            let message = invalid.parse::<Policy>().unwrap_err();
            assert!(message.contains(expected), "{invalid}: {message}");
        }
    }
}
