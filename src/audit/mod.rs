//! Whether the books balance.
//!
//! After a run, and after everybody has been answered, two things are known: what the ledgers say,
//! and what the clients were told. The auditor replays each ledger by the rules, and then holds it
//! against the clients' logs in both directions: no entry that nobody asked for, and no
//! acknowledgement without its entry. Ledgers are read in pages, so a long history costs no more
//! memory than a short one. The auditor knows neither strategies nor stores.
//!
//! ```text
//! account  <-- last entry      ledger leaves what the account holds
//! ledger   <-- rules           versions from 1, each entry from where the last one ended
//! entry    <-> request         asked for, by whom and once; acknowledged, as what
//! replies  <-> entries         what clients were told is what is written
//! ```

mod auditor;
mod books;
mod log;
mod replay;
mod seen;
mod tally;

#[cfg(test)]
mod examples;

use std::fmt;

pub use self::{
    books::{Books, PAGE_ENTRIES, Sheet},
    log::Log,
};
use crate::domain::{Fault, LedgerEntry, UserId};

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

impl Violation {
    fn unread(user: UserId, fault: Fault) -> Violation {
        Violation { user, entry: None, what: format!("the ledger could not be read: {fault}") }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}: {}", self.user, self.what)
    }
}
