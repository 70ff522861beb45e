//! Describes a scenario in words.

use std::fmt;

use super::figures::{duration, rate_as_given, with_thousands_separators};
use hotrow::scenario::Mix;
use hotrow_results::{ClientKind, Kind, MeasurementRow};

/// The parts of a scenario's description. Scenarios are sorted by them, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Title {
    pub(super) kind: Kind,
    pub(super) is_simulated: bool,
    pub(super) store: String,
    /// Whether more than clients and users differs from the defaults. Such scenarios are sorted
    /// last.
    pub(super) is_unusual: bool,
    pub(super) users: u64,
    pub(super) distribution: String,
    pub(super) client_kind: ClientKind,
    pub(super) clients: u32,
    pub(super) mix: String,
    pub(super) latency: String,
    pub(super) arrivals: String,
    /// The offered load, in requests per 1,000 seconds.
    pub(super) offered_per_1000_s: u64,
    pub(super) think_ns: u64,
    pub(super) work: u32,
    pub(super) ledger: bool,
    /// The cores that an HTTP server runs on, such as `cores=one`; empty for every other scenario.
    pub(super) place: String,
}

impl Title {
    pub(super) fn from_row(row: &MeasurementRow) -> Title {
        let is_usual = (&*row.distribution, row.think_ns, row.work, row.ledger)
            == ("uniform", 0, 0, true)
            && row.mix == Mix::WRITE_ONLY.to_string();
        Title {
            kind: row.kind,
            is_simulated: row.latency != "none",
            store: row.store.clone(),
            is_unusual: !is_usual,
            users: row.users,
            distribution: row.distribution.clone(),
            client_kind: row.client_kind,
            clients: row.clients,
            mix: row.mix.clone(),
            latency: row.latency.clone(),
            arrivals: row.arrivals.clone(),
            offered_per_1000_s: match row.offered_per_1000_s {
                // The row is older than this column.
                0 => row.offered_per_s.saturating_mul(1_000),
                exact => exact,
            },
            think_ns: row.think_ns,
            work: row.work,
            ledger: row.ledger,
            place: match row.kind {
                Kind::Http => row.scenario.rsplit('/').next().unwrap_or_default().to_owned(),
                _ => String::new(),
            },
        }
    }

    /// Returns the mix of requests, as `charge:50,use:50,read:0`.
    pub fn mix(&self) -> &str {
        &self.mix
    }

    /// Whether only users and clients can differ from the defaults.
    pub(super) fn is_plain(&self, kind: Kind) -> bool {
        self.kind == kind && !self.is_unusual
    }

    /// Whether its clients are at least two threads, with a core for each. On a machine with one
    /// core, two threads count too.
    pub(super) fn is_parallel(&self, cores: u32) -> bool {
        self.client_kind == ClientKind::Threads && (2..=cores.max(2)).contains(&self.clients)
    }

    /// Whether its clients are more threads than there are cores.
    pub(super) fn is_oversubscribed(&self, cores: u32) -> bool {
        self.client_kind == ClientKind::Threads && self.clients > cores.max(2)
    }

    /// Whether requests arrive in bursts.
    pub(super) fn is_bursty(&self) -> bool {
        self.arrivals.starts_with("burst")
    }

    /// Whether times are those of a simulated clock.
    pub fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// Describes the parts that differ from the defaults.
    fn non_default_parts(&self) -> Vec<String> {
        let mut non_default_parts = Vec::new();
        if self.kind == Kind::OpenLoop {
            let (arrivals, rate) = (&self.arrivals, rate_as_given(self.offered_per_1000_s));
            non_default_parts.push(format!("offered load {rate} requests a second, {arrivals}"));
        }
        if self.distribution != "uniform" {
            non_default_parts.push(format!("distribution {}", self.distribution));
        }
        if self.mix != Mix::WRITE_ONLY.to_string() {
            let named = Mix::NAMED.iter().find(|(_, mix)| mix.to_string() == self.mix);
            non_default_parts.push(named.map_or(&*self.mix, |(name, _)| name).to_owned());
        }
        if self.think_ns > 0 {
            non_default_parts.push(format!("think time {}", duration(self.think_ns as f64)));
        }
        if self.work > 0 {
            non_default_parts.push(format!(
                "{} rounds of work",
                with_thousands_separators(u64::from(self.work))
            ));
        }
        if !self.ledger {
            non_default_parts.push("no ledger".to_owned());
        }
        if self.kind == Kind::Http {
            non_default_parts.push(format!("over HTTP, {}", self.place));
        }
        non_default_parts
    }
}

/// Writes `one hot row with 2 threads on memory` and the parts that differ from the defaults.
impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.users {
            1 => write!(f, "one hot row")?,
            users => write!(f, "{} rows", with_thousands_separators(users))?,
        }
        let clients = with_thousands_separators(u64::from(self.clients));
        let kind = self.client_kind.name();
        let kind = if self.clients == 1 { kind.trim_end_matches('s') } else { kind };
        write!(f, " with {clients} {kind} on {}", self.store)?;
        for part in self.non_default_parts() {
            write!(f, ", {part}")?;
        }
        if self.is_simulated() {
            write!(f, " (latency {}, simulated time)", self.latency)?;
        }
        Ok(())
    }
}
