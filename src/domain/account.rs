//! Accounts: user ids, balances and versions.

use std::{fmt, num::NonZeroU64, str::FromStr};

/// The largest balance that any policy may allow, in points. A balance fits 32 bits, so a balance
/// and its version fit the one word that a processor can compare and set.
pub const BALANCE_LIMIT: u64 = u32::MAX as u64;

/// The largest number of commands that an account accepts. Further commands are rejected, so a
/// version never wraps and an old word never looks new. A receipt takes 32 bytes, so the ledger of
/// an account at this limit takes 32 GiB.
pub const VERSION_LIMIT: u64 = (1 << 30) - 1;

/// The id of an account's owner: 1 to 2^63 - 1, so that a signed 64-bit database column holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(NonZeroU64);

impl UserId {
    /// The highest id.
    pub const MAX: u64 = i64::MAX as u64;

    /// Validates an id from 1 to [`UserId::MAX`].
    ///
    /// # Errors
    /// [`OutOfRange`] for zero and for an id above the maximum.
    pub const fn new(id: u64) -> Result<UserId, OutOfRange> {
        match NonZeroU64::new(id) {
            Some(valid) if id <= UserId::MAX => Ok(UserId(valid)),
            _ => Err(OutOfRange { what: "user id", given: id, min: 1, max: UserId::MAX }),
        }
    }

    /// Returns the id as a number.
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

/// The state of one account. The default is an unused account: balance 0 at version 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// The points in the account, 0 to [`BALANCE_LIMIT`].
    pub balance: u64,
    /// The number of commands applied to it, 0 to [`VERSION_LIMIT`].
    pub version: u64,
}

/// A number outside the range of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    /// The kind of number.
    pub what: &'static str,
    /// The number.
    pub given: u64,
    /// The smallest valid number.
    pub min: u64,
    /// The largest valid number.
    pub max: u64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutOfRange { what, given, min, max } = self;
        write!(f, "{what} {given} is out of range: give {min} to {max}")
    }
}

impl std::error::Error for OutOfRange {}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unset field often reads as zero, and a signed column shows 2^63 as a negative number.
    /// Neither may be a valid id.
    #[test]
    fn a_user_id_is_between_1_and_2_to_the_63_minus_1() {
        assert!(UserId::new(0).is_err());
        assert_eq!(UserId::new(1).unwrap().value(), 1);
        assert_eq!(UserId::new(UserId::MAX).unwrap().value(), (1 << 63) - 1);
        assert!(UserId::new(UserId::MAX + 1).is_err());
    }

    /// An error for an invalid id must state the valid range.
    #[test]
    fn an_invalid_user_id_reports_the_valid_range() {
        assert_eq!(
            UserId::new(0).unwrap_err().to_string(),
            "user id 0 is out of range: give 1 to 9223372036854775807"
        );
        assert_eq!("1abc".parse::<UserId>().unwrap_err(), "user id `1abc` is not a whole number");
    }

    /// A typed id must name the account with exactly that id, or be an error.
    #[test]
    fn a_user_id_is_parsed_as_it_is_displayed() {
        let id: UserId = "42".parse().unwrap();
        assert_eq!((id.value(), id.to_string()), (42, "42".to_owned()));
        assert_eq!("0".parse::<UserId>(), Err(UserId::new(0).unwrap_err().to_string()));
    }
}
