//! What an account may be asked for and may hold.

use std::{fmt, hint::black_box, str::FromStr};

use super::{Account, Action, BALANCE_LIMIT, Reason};

/// The bounds of a policy, by name, before they have been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Least points a command may move; at least 1.
    pub amount_min: u64,
    /// Most points a command may move; at most [`BALANCE_LIMIT`].
    pub amount_max: u64,
    /// An amount must be a multiple of this; 1 lets every amount pass.
    pub unit: u64,
    /// Most points an account may hold; at most [`BALANCE_LIMIT`].
    pub balance_max: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { amount_min: 1, amount_max: 1_000_000, unit: 1, balance_max: 1_000_000 }
    }
}

/// Bounds that agree with each other and with what every store can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    bounds: Bounds,
    /// See [`with_work`](Policy::with_work).
    work: u32,
}

impl Policy {
    /// Checks the bounds once, so that no command has to.
    ///
    /// # Errors
    /// [`PolicyError`] names the bound that cannot hold.
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

    /// The same policy, which takes `rounds` of a hash longer to decide a command: a stand-in for a
    /// rule that has more to look at. A round is some one or two nanoseconds, the same on every machine
    /// in work and not in time.
    pub const fn with_work(self, rounds: u32) -> Policy {
        Policy { work: rounds, ..self }
    }

    /// The bounds in force.
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The balance that `action` makes of the one held, or the rule that is in its way.
    ///
    /// Charges and uses take the same path through the processor: which of them comes next cannot
    /// be predicted, and a branch on it would cost more than the rest of the rule.
    #[inline]
    pub(super) fn balance_after(&self, before: Account, action: Action) -> Result<u64, Reason> {
        let Bounds { amount_min, amount_max, unit, balance_max } = self.bounds;
        if self.work > 0 {
            toil(self.work);
        }
        let points = action.amount().points();
        let is_use = matches!(action, Action::Use(_));
        let (sum, too_much) = before.balance.overflowing_add(points);
        let (rest, too_little) = before.balance.overflowing_sub(points);
        let fits = if is_use { !too_little } else { !too_much & (sum <= balance_max) };
        let in_bounds = (amount_min <= points) & (points <= amount_max);
        // The division costs more than the rest of the rule, and most policies do not need it.
        let in_units = unit == 1 || points.is_multiple_of(unit);
        match fits & in_bounds & in_units {
            true => Ok(if is_use { rest } else { sum }),
            false => Err(self.rule_in_the_way(action)),
        }
    }

    /// The first rule that `action` does not keep; the balance, if it keeps those of an amount.
    #[cold]
    fn rule_in_the_way(&self, action: Action) -> Reason {
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

/// Reads `amount=1..1000000,unit=1,balance=1000000`, of which each part may be left out: it then is
/// as by default.
impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Policy, String> {
        let mut bounds = Bounds::default();
        let mut named = Vec::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number = |text: &str| {
                text.parse::<u64>().map_err(|_| format!("`{part}`: `{text}` is no whole number"))
            };
            match name {
                _ if named.contains(&name) => return Err(format!("{name} is there twice")),
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

/// Does so many rounds of a hash, each of which needs the one before.
#[cold]
fn toil(rounds: u32) {
    let mut word = u64::from(rounds);
    for _ in 0..rounds {
        word = (word ^ (word >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    black_box(word);
}

/// Bounds that no account could live by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// The least amount is zero, which would let a command do nothing and be acknowledged.
    NoAmount,
    /// The unit is zero.
    NoUnit,
    /// The largest amount or balance is more than a store can hold.
    PastLimit,
    /// No multiple of the unit lies between the least and the largest amount.
    NothingAllowed {
        /// Least points a command may move.
        amount_min: u64,
        /// Most points a command may move.
        amount_max: u64,
        /// What an amount must be a multiple of.
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
                "no amount is allowed: none from {amount_min} to {amount_max} is a multiple of {unit}"
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

    /// The defaults are what everyone who sets nothing lives by, so they are pinned.
    #[test]
    fn the_default_policy_allows_1_to_a_million() {
        let bounds = Policy::default().bounds();
        assert_eq!((bounds.amount_min, bounds.amount_max), (1, 1_000_000));
        assert_eq!((bounds.unit, bounds.balance_max), (1, 1_000_000));
        assert_eq!(Policy::new(bounds), Ok(Policy::default()));
    }

    /// A policy under which nothing can be done, or more than a store can hold, is a mistake of
    /// whoever set it, and must be told when it is set and not at the first command.
    #[test]
    fn bounds_that_cannot_hold_are_refused_when_the_policy_is_made() {
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

    /// Whoever set a policy that cannot hold must learn which bound it was.
    #[test]
    fn a_refused_policy_names_the_bound() {
        let told = |error: PolicyError| error.to_string();
        assert_eq!(told(PolicyError::NoAmount), "least amount 0 is too small: give 1 or more");
        assert_eq!(told(PolicyError::NoUnit), "unit 0 divides nothing: give 1 or more");
        assert_eq!(
            told(PolicyError::PastLimit),
            "largest amount and balance may be at most 4294967295"
        );
        assert_eq!(
            told(PolicyError::NothingAllowed { amount_min: 101, amount_max: 199, unit: 100 }),
            "no amount is allowed: none from 101 to 199 is a multiple of 100"
        );
    }

    /// At its bound an amount is allowed: what is in the way then is the balance, and a caller who
    /// is told of the amount instead changes the wrong thing.
    #[test]
    fn an_amount_at_its_bound_is_not_what_is_in_the_way() {
        let policy = with(|b| (b.amount_min, b.amount_max, b.unit) = (10, 20, 10)).unwrap();
        let met = |action, balance| policy.balance_after(Account { balance, version: 0 }, action);
        let full = Err(Reason::BalanceAboveMaximum { max: 1_000_000 });
        for points in [10, 20].map(|points| Amount::new(points).unwrap()) {
            assert_eq!(met(Action::Charge(points), 999_999), full);
            assert_eq!(met(Action::Use(points), 9), Err(Reason::InsufficientBalance));
        }
    }

    /// An amount past a bound is refused also where it is a multiple of the unit, and so by the bound
    /// alone.
    #[test]
    fn an_amount_past_its_bound_is_refused_whatever_the_unit() {
        let policy = with(|b| (b.amount_min, b.amount_max, b.unit) = (20, 40, 10)).unwrap();
        let before = Account { balance: 100, version: 1 };
        for kind in [Action::Charge, Action::Use] {
            let met = |points| policy.balance_after(before, kind(Amount::new(points).unwrap()));
            assert_eq!(met(10), Err(Reason::AmountBelowMinimum { min: 20 }));
            assert_eq!(met(25), Err(Reason::AmountNotInUnits { unit: 10 }));
            assert_eq!(met(50), Err(Reason::AmountAboveMaximum { max: 40 }));
            assert!(met(30).is_ok());
        }
    }

    /// A policy is shown as it is typed, and what cannot be one is told with what would do.
    #[test]
    fn a_typed_policy_is_read_as_it_is_shown() {
        let text = "amount=100..5000,unit=100,balance=20000";
        let policy: Policy = text.parse().unwrap();
        assert_eq!(policy.to_string(), text);
        assert_eq!("unit=1".parse(), Ok(Policy::default()));
        for (wrong, why) in [
            ("", "`: write it as amount=1..1000000,unit=1,balance=1000000"),
            ("amount=5", "write amount=1..1000000"),
            ("amount=1..x", "`x` is no whole number"),
            ("unit=0", "unit 0 divides nothing"),
            ("unit=1,unit=2", "unit is there twice"),
            ("balance=4294967296", "at most 4294967295"),
            ("amount=3..4,unit=5", "no amount is allowed"),
        ] {
            let told = wrong.parse::<Policy>().unwrap_err();
            assert!(told.contains(why), "{wrong}: {told}");
        }
    }
}
