//! How often each kind of request is made.
//!
//! Some mixes have a name. In `balanced`, `write-only` and `read-heavy` as many points are charged as
//! used, so that balances stay where they are and rules are seldom met. In `drain` and `fill` nearly
//! every command soon meets a rule: what is measured is the race at the border, once, and from then
//! on what a refusal costs.

use std::{fmt, str::FromStr};

/// Shares of the three kinds of request, in per cent; they add up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    charge: u8,
    use_points: u8,
    read: u8,
}

impl Mix {
    /// As many charges as uses, and no reads.
    pub const WRITE_ONLY: Mix = Mix { charge: 50, use_points: 50, read: 0 };

    /// The mixes that can be asked for by name.
    pub const NAMED: [(&str, Mix); 5] = [
        ("balanced", Mix { charge: 25, use_points: 25, read: 50 }),
        ("write-only", Mix::WRITE_ONLY),
        ("read-heavy", Mix { charge: 5, use_points: 5, read: 90 }),
        ("drain", Mix { charge: 0, use_points: 100, read: 0 }),
        ("fill", Mix { charge: 100, use_points: 0, read: 0 }),
    ];

    /// Takes three shares in per cent.
    ///
    /// # Errors
    /// [`MixError::Sum`] unless they add up to 100.
    pub fn new(charge: u8, use_points: u8, read: u8) -> Result<Mix, MixError> {
        let sum = u16::from(charge) + u16::from(use_points) + u16::from(read);
        match sum {
            100 => Ok(Mix { charge, use_points, read }),
            _ => Err(MixError::Sum { sum }),
        }
    }

    /// Charges, in per cent.
    pub const fn charge(self) -> u8 {
        self.charge
    }

    /// Uses, in per cent.
    pub const fn use_points(self) -> u8 {
        self.use_points
    }

    /// Balance reads, in per cent.
    pub const fn read(self) -> u8 {
        self.read
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix::WRITE_ONLY
    }
}

/// `charge:45,use:45,read:10`; a kind that is left out has no share.
impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "charge:{},use:{},read:{}", self.charge, self.use_points, self.read)
    }
}

/// Three shares, or a name of [`Mix::NAMED`].
impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Mix, MixError> {
        if let Some((_, mix)) = Mix::NAMED.iter().find(|(name, _)| *name == text.trim()) {
            return Ok(*mix);
        }
        let (mut charge, mut use_points, mut read) = (None, None, None);
        for part in text.split(',') {
            let unreadable = || MixError::Part { part: part.to_owned() };
            let (kind, share) = part.split_once(':').ok_or_else(unreadable)?;
            let share = share.trim().parse().map_err(|_| unreadable())?;
            let place = match kind.trim() {
                "charge" => &mut charge,
                "use" => &mut use_points,
                "read" => &mut read,
                _ => return Err(unreadable()),
            };
            if place.replace(share).is_some() {
                return Err(unreadable());
            }
        }
        Mix::new(charge.unwrap_or(0), use_points.unwrap_or(0), read.unwrap_or(0))
    }
}

/// Why a text is no mix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MixError {
    /// The shares do not add up to 100.
    Sum {
        /// What they add up to.
        sum: u16,
    },
    /// A part is not a kind and its share, or names a kind twice.
    Part {
        /// The part as it was given.
        part: String,
    },
}

impl fmt::Display for MixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MixError::Sum { sum } => write!(f, "mix adds up to {sum}: make it 100"),
            MixError::Part { part } => {
                let form = "write it like charge:45,use:45,read:10";
                let names = Mix::NAMED.map(|(name, _)| name).join(", ");
                write!(f, "mix has no share `{part}`: {form}, or name one of {names}")
            }
        }
    }
}

impl std::error::Error for MixError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mix is typed by hand; what it prints must be what it reads.
    #[test]
    fn a_mix_reads_what_it_prints() {
        let mix: Mix = "read:10, charge:45,use:45".parse().unwrap();
        assert_eq!(mix, Mix::new(45, 45, 10).unwrap());
        assert_eq!(mix.to_string().parse(), Ok(mix));
        assert_eq!("charge:100".parse(), Mix::new(100, 0, 0));
    }

    /// A name is short for shares: the shares are what is measured and what stands in rows.
    #[test]
    fn a_named_mix_is_its_shares() {
        for (name, shares) in [
            ("balanced", "charge:25,use:25,read:50"),
            ("write-only", "charge:50,use:50,read:0"),
            ("read-heavy", "charge:5,use:5,read:90"),
            ("drain", "charge:0,use:100,read:0"),
            ("fill", "charge:100,use:0,read:0"),
        ] {
            assert_eq!(name.parse::<Mix>().unwrap().to_string(), shares);
        }
        let refused = "half".parse::<Mix>().unwrap_err().to_string();
        assert!(refused.ends_with("balanced, write-only, read-heavy, drain, fill"), "{refused}");
    }

    /// A mix that does not add up would silently be another mix.
    #[test]
    fn a_mix_that_does_not_add_up_is_refused() {
        let refused = "charge:45,use:45".parse::<Mix>().unwrap_err();
        assert_eq!(refused.to_string(), "mix adds up to 90: make it 100");
        for text in ["", "charge", "charge:x,use:50", "change:50,use:50", "use:50,use:50"] {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
    }
}
