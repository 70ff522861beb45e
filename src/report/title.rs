//! What a cell is, in words.

use std::fmt;

use super::figures::{duration, grouped, rate_as_given};
use crate::{
    record::{ClientKind, Kind, Row},
    workload::Mix,
};

/// The parts of a cell's description, by which cells are put in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Title {
    pub(super) kind: Kind,
    pub(super) is_simulated: bool,
    pub(super) store: String,
    /// Cells that differ from the plain ones in more than clients and users come after them.
    pub(super) is_unusual: bool,
    pub(super) users: u64,
    pub(super) keys: String,
    pub(super) client_kind: ClientKind,
    pub(super) clients: u32,
    pub(super) mix: String,
    pub(super) latency: String,
    pub(super) arrivals: String,
    /// Requests in a thousand seconds.
    pub(super) offered_per_1000_s: u64,
    pub(super) think_ns: u64,
    pub(super) work: u32,
    pub(super) history: bool,
    /// Of a server over HTTP, what it runs on; else nothing.
    pub(super) place: String,
}

impl Title {
    pub(super) fn of(row: &Row) -> Title {
        let is_usual = (&*row.keys, row.think_ns, row.work, row.history) == ("uniform", 0, 0, true)
            && row.mix == Mix::WRITE_ONLY.to_string();
        Title {
            kind: row.kind,
            is_simulated: row.latency != "none",
            store: row.store.clone(),
            is_unusual: !is_usual,
            users: row.users,
            keys: row.keys.clone(),
            client_kind: row.client_kind,
            clients: row.clients,
            mix: row.mix.clone(),
            latency: row.latency.clone(),
            arrivals: row.arrivals.clone(),
            offered_per_1000_s: match row.offered_per_1000_s {
                // A row of before this column was there.
                0 => row.offered_per_s.saturating_mul(1_000),
                exact => exact,
            },
            think_ns: row.think_ns,
            work: row.work,
            history: row.history,
            place: match row.kind {
                Kind::Http => row.cell.rsplit('/').next().unwrap_or_default().to_owned(),
                _ => String::new(),
            },
        }
    }

    /// What is asked for.
    pub fn mix(&self) -> &str {
        &self.mix
    }

    /// Whether only users and clients are not as usual.
    pub(super) fn is_plain(&self, kind: Kind) -> bool {
        self.kind == kind && !self.is_unusual
    }

    /// Whether its clients are threads that can all run at once and contend, and two on one core.
    pub(super) fn is_parallel(&self, cores: u32) -> bool {
        self.client_kind == ClientKind::Threads && (2..=cores.max(2)).contains(&self.clients)
    }

    /// Whether its clients are threads that have to take turns.
    pub(super) fn is_crowded(&self, cores: u32) -> bool {
        self.client_kind == ClientKind::Threads && self.clients > cores.max(2)
    }

    /// Whether several requests come at once.
    pub(super) fn is_bursty(&self) -> bool {
        self.arrivals.starts_with("burst")
    }

    /// Whether times are those of a simulated clock.
    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// What is not as usual, in the order in which it is told.
    fn particulars(&self) -> Vec<String> {
        let mut particulars = Vec::new();
        if self.kind == Kind::Latency {
            let (arrivals, rate) = (&self.arrivals, rate_as_given(self.offered_per_1000_s));
            particulars.push(format!("{rate} requests a second promised, {arrivals}"));
        }
        if self.keys != "uniform" {
            particulars.push(format!("keys {}", self.keys));
        }
        if self.mix != Mix::WRITE_ONLY.to_string() {
            let named = Mix::NAMED.iter().find(|(_, mix)| mix.to_string() == self.mix);
            particulars.push(named.map_or(&*self.mix, |(name, _)| name).to_owned());
        }
        if self.think_ns > 0 {
            particulars.push(format!("thinking {}", duration(self.think_ns as f64)));
        }
        if self.work > 0 {
            particulars.push(format!("{} rounds of work", grouped(u64::from(self.work))));
        }
        if !self.history {
            particulars.push("no history".to_owned());
        }
        if self.kind == Kind::Http {
            particulars.push(format!("over HTTP, {}", self.place));
        }
        particulars
    }
}

/// `one hot row with 2 threads on slab`, and what is not as usual.
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
        for particular in self.particulars() {
            write!(f, ", {particular}")?;
        }
        if self.is_simulated() {
            write!(f, " (latency {}, simulated time)", self.latency)?;
        }
        Ok(())
    }
}
