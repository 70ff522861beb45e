//! The mix: the shares of the kinds of request.
//!
//! Some mixes have a name. `balanced`, `write-only` and `read-heavy` charge as many points as they
//! use, so balances stay where they are and few commands are rejected. With `drain` and `fill`
//! nearly every command is soon rejected. They measure the race at the limit once, and then the
//! cost of a rejection.

use std::{fmt, str::FromStr};

/// The shares of the three kinds of request in percent. They add up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mix {
    charge: u8,
    use_points: u8,
    read: u8,
}

impl Mix {
    /// As many charges as uses, and no reads.
    pub const WRITE_ONLY: Mix = Mix { charge: 50, use_points: 50, read: 0 };

    /// Nine reads for each command.
    pub const READ_HEAVY: Mix = Mix { charge: 5, use_points: 5, read: 90 };

    /// Uses alone, which soon are rejected.
    pub const DRAIN: Mix = Mix { charge: 0, use_points: 100, read: 0 };

    /// The mixes that have a name.
    pub const NAMED: [(&str, Mix); 5] = [
        ("balanced", Mix { charge: 25, use_points: 25, read: 50 }),
        ("write-only", Mix::WRITE_ONLY),
        ("read-heavy", Mix::READ_HEAVY),
        ("drain", Mix::DRAIN),
        ("fill", Mix { charge: 100, use_points: 0, read: 0 }),
    ];

    /// Creates a mix from three shares in percent.
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

    /// Returns the share of charges in percent.
    pub const fn charge(self) -> u8 {
        self.charge
    }

    /// Returns the share of uses in percent.
    pub const fn use_points(self) -> u8 {
        self.use_points
    }

    /// Returns the share of balance reads in percent.
    pub const fn read(self) -> u8 {
        self.read
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix::WRITE_ONLY
    }
}

/// Displays `charge:45,use:45,read:10`.
impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "charge:{},use:{},read:{}", self.charge, self.use_points, self.read)
    }
}

/// Parses three shares, or a name of [`Mix::NAMED`]. A kind that is left out has share 0.
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
            let share_of_kind = match kind.trim() {
                "charge" => &mut charge,
                "use" => &mut use_points,
                "read" => &mut read,
                _ => return Err(unreadable()),
            };
            if share_of_kind.replace(share).is_some() {
                return Err(unreadable());
            }
        }
        Mix::new(charge.unwrap_or(0), use_points.unwrap_or(0), read.unwrap_or(0))
    }
}

/// The reason why a text is not a mix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MixError {
    /// The shares do not add up to 100.
    Sum {
        /// The sum of the shares.
        sum: u16,
    },
    /// A part is not a kind with its share, or a kind is named twice.
    Part {
        /// The part.
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
                write!(f, "mix has an invalid part `{part}`: {form}, or name one of {names}")
            }
        }
    }
}

impl std::error::Error for MixError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users type a mix, so its displayed text must parse back.
    #[test]
    fn a_mix_is_parsed_as_it_is_displayed() {
        let mix: Mix = "read:10, charge:45,use:45".parse().unwrap();
        assert_eq!(mix, Mix::new(45, 45, 10).unwrap());
        assert_eq!(mix.to_string().parse(), Ok(mix));
        assert_eq!("charge:100".parse(), Mix::new(100, 0, 0));
    }

    /// A name stands for shares, and rows contain the shares.
    #[test]
    fn a_named_mix_displays_its_shares() {
        for (name, shares) in [
            ("balanced", "charge:25,use:25,read:50"),
            ("write-only", "charge:50,use:50,read:0"),
            ("read-heavy", "charge:5,use:5,read:90"),
            ("drain", "charge:0,use:100,read:0"),
            ("fill", "charge:100,use:0,read:0"),
        ] {
            assert_eq!(name.parse::<Mix>().unwrap().to_string(), shares);
        }
        let rejected = "half".parse::<Mix>().unwrap_err().to_string();
        assert!(rejected.ends_with("balanced, write-only, read-heavy, drain, fill"), "{rejected}");
    }

    /// A mix with another sum would silently be another mix.
    #[test]
    fn a_mix_that_does_not_add_up_to_100_is_an_error() {
        let rejected = "charge:45,use:45".parse::<Mix>().unwrap_err();
        assert_eq!(rejected.to_string(), "mix adds up to 90: make it 100");
        for text in ["", "charge", "charge:x,use:50", "change:50,use:50", "use:50,use:50"] {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
    }
}
