//! Whether the books balance.

use std::fmt;

use crate::domain::{LedgerEntry, UserId};

/// The first thing found that cannot be if every step was indivisible.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Whose account.
    pub user: UserId,
    /// The ledger entry that proves it, where one does.
    pub entry: Option<LedgerEntry>,
    /// What is wrong, in one line.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}: {}", self.user, self.what)
    }
}
