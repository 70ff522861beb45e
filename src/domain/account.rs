//! Who holds points, and how many.

use std::{fmt, num::NonZeroU64, str::FromStr};

/// Most points that any policy may let an account hold: a balance fits 32 bits, so that a balance
/// and its version fit the one word that a processor can compare and set.
pub const BALANCE_LIMIT: u64 = u32::MAX as u64;

/// Most commands that an account can accept in its life. Past it a command is refused, so that a
/// version is never wrapped and an old word never looks new. At 32 bytes a receipt an account
/// that comes this far has a ledger of 32 GiB.
pub const VERSION_LIMIT: u64 = (1 << 30) - 1;

/// Who an account belongs to: 1 to 2^63 - 1, so that every database has a column for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(NonZeroU64);

impl UserId {
    /// The highest id.
    pub const MAX: u64 = i64::MAX as u64;

    /// Takes an id from 1 to [`UserId::MAX`].
    ///
    /// # Errors
    /// [`OutOfRange`] for zero and for what lies past the maximum.
    pub const fn new(id: u64) -> Result<UserId, OutOfRange> {
        match NonZeroU64::new(id) {
            Some(known) if id <= UserId::MAX => Ok(UserId(known)),
            _ => Err(OutOfRange { what: "user id", asked: id, min: 1, max: UserId::MAX }),
        }
    }

    /// The id as a number.
    #[inline]
    pub const fn value(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UserId {
    type Err = String;

    fn from_str(text: &str) -> Result<UserId, String> {
        let id = text.parse().map_err(|_| format!("user id `{text}` is not a whole number"))?;
        UserId::new(id).map_err(|error| error.to_string())
    }
}

/// State of one account: nothing held and nothing done, until a command is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Points held, 0 to [`BALANCE_LIMIT`].
    pub balance: u64,
    /// How many accepted commands made it what it is, 0 to [`VERSION_LIMIT`].
    pub version: u64,
}

/// A number that lies outside what its kind allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    /// What the number was to be.
    pub what: &'static str,
    /// The number given.
    pub asked: u64,
    /// The least that would do.
    pub min: u64,
    /// The most that would do.
    pub max: u64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutOfRange { what, asked, min, max } = self;
        write!(f, "{what} {asked} is out of range: give {min} to {max}")
    }
}

impl std::error::Error for OutOfRange {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zero is what an unset field reads as, and 2^63 is the first id that a signed column would
    /// show as negative: neither may name an account.
    #[test]
    fn a_user_id_is_1_to_2_to_the_63_minus_1() {
        assert!(UserId::new(0).is_err());
        assert_eq!(UserId::new(1).unwrap().value(), 1);
        assert_eq!(UserId::new(UserId::MAX).unwrap().value(), (1 << 63) - 1);
        assert!(UserId::new(UserId::MAX + 1).is_err());
    }

    /// A refused id must tell its giver what would be right.
    #[test]
    fn a_refused_id_names_the_range() {
        assert_eq!(
            UserId::new(0).unwrap_err().to_string(),
            "user id 0 is out of range: give 1 to 9223372036854775807"
        );
        assert_eq!("1abc".parse::<UserId>().unwrap_err(), "user id `1abc` is not a whole number");
    }

    /// An id that is typed is the account that is meant, or none.
    #[test]
    fn a_typed_id_is_read_as_it_is_shown() {
        let id: UserId = "42".parse().unwrap();
        assert_eq!((id.value(), id.to_string()), (42, "42".to_owned()));
        assert_eq!("0".parse::<UserId>(), Err(UserId::new(0).unwrap_err().to_string()));
    }
}
