//! What a cell is, in words.

use std::fmt;

use super::figures::grouped;
use crate::record::{ClientKind, Row};

/// The parts of a cell's description, by which cells are put in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Title {
    is_simulated: bool,
    store: String,
    users: u64,
    client_kind: ClientKind,
    clients: u32,
    mix: String,
    latency: String,
}

impl Title {
    pub(super) fn of(row: &Row) -> Title {
        Title {
            is_simulated: row.latency != "none",
            store: row.store.clone(),
            users: row.users,
            client_kind: row.client_kind,
            clients: row.clients,
            mix: row.mix.clone(),
            latency: row.latency.clone(),
        }
    }

    /// What is asked for.
    pub fn mix(&self) -> &str {
        &self.mix
    }

    /// Whether times are those of a simulated clock.
    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }
}

/// `one hot row with 2 threads on slab`.
impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.users {
            1 => write!(f, "one hot row")?,
            users => write!(f, "{} rows", grouped(users))?,
        }
        let clients = grouped(u64::from(self.clients));
        let kind = self.client_kind.name();
        let kind = if self.clients == 1 { kind.trim_end_matches('s') } else { kind };
        write!(f, " with {clients} {kind} on {}", self.store)?;
        if self.is_simulated() {
            write!(f, " (latency {}, simulated time)", self.latency)?;
        }
        Ok(())
    }
}
