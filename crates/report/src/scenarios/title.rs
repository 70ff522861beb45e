//! Describes a scenario in words.

use std::{cmp::Ordering, fmt};

use crate::figures::{duration, rate_as_given, with_thousands_separators};
use hotrow::scenario::{KeyDistribution, Latency, Mix, Workload};
use hotrow_results::{ClientKind, Kind, MeasurementRow};

/// A number of cores that no run has. With it, every number of threads on one row is of the
/// workload `clients`, and no threads are of `hot-row`; reports treat the two alike.
const UNKNOWN_CORES: usize = 0;

/// A scenario, as one of its rows describes it.
#[derive(Debug, Clone)]
pub struct Title {
    pub(crate) row: MeasurementRow,
}

impl Title {
    pub(crate) fn from_row(row: &MeasurementRow) -> Title {
        Title { row: row.clone() }
    }

    /// The parts that scenarios are sorted by. Those in which more than clients and users differs
    /// from the defaults come last.
    fn key(&self) -> impl PartialOrd {
        let row = &self.row;
        let is_unusual = !self.is_usual();
        (
            (row.kind, self.is_simulated(), &row.store, is_unusual, row.users, row.distribution),
            (row.client_kind, row.clients, row.mix, row.latency, row.arrivals),
            (row.offered_in_1000_s(), row.think_ns, row.work, row.ledger, self.place()),
        )
    }

    /// Whether only clients and users differ from the defaults.
    pub(crate) fn is_usual(&self) -> bool {
        let row = &self.row;
        (row.distribution, row.mix, row.think_ns, row.work, row.ledger)
            == (KeyDistribution::Uniform, Some(Mix::WRITE_ONLY), 0, 0, true)
    }

    /// The cores that an HTTP server runs on, such as `cores=one`; empty for every other scenario.
    fn place(&self) -> &str {
        match self.row.kind {
            Kind::Http => self.row.scenario.rsplit('/').next().unwrap_or_default(),
            _ => "",
        }
    }

    /// Returns the mix of requests, as `charge:50,use:50,read:0`; empty for requests to a server
    /// that are none of these.
    pub fn mix(&self) -> String {
        self.row.mix.map(|mix| mix.to_string()).unwrap_or_default()
    }

    /// Whether it belongs to one of these workloads.
    pub(crate) fn is_of(&self, workloads: &[Workload]) -> bool {
        // A user's own workload is shown with the built-in one that has such scenarios.
        let own = || Workload::of(&self.row.as_scenario()?, UNKNOWN_CORES);
        let workload = self.row.workload.parse().ok().or_else(own);
        workload.is_some_and(|workload| workloads.contains(&workload))
    }

    /// `2 threads`.
    pub(crate) fn clients(&self) -> String {
        let kind = self.row.client_kind.name();
        let kind = if self.row.clients == 1 { kind.trim_end_matches('s') } else { kind };
        format!("{} {kind}", with_thousands_separators(u64::from(self.row.clients)))
    }

    /// Whether its clients are at least two threads, with a core for each. On a machine with one
    /// core, two threads count too.
    pub(crate) fn is_parallel(&self, cores: u32) -> bool {
        self.row.client_kind == ClientKind::Threads
            && (2..=cores.max(2)).contains(&self.row.clients)
    }

    /// Whether its clients are more threads than there are cores.
    pub(crate) fn is_oversubscribed(&self, cores: u32) -> bool {
        self.row.client_kind == ClientKind::Threads && self.row.clients > cores.max(2)
    }

    /// Whether times are those of a simulated clock.
    pub fn is_simulated(&self) -> bool {
        self.row.latency != Latency::None
    }

    /// Describes the parts that differ from the defaults.
    fn non_default_parts(&self) -> Vec<String> {
        let mut non_default_parts = Vec::new();
        if self.row.kind == Kind::OpenLoop {
            let rate = rate_as_given(self.row.offered_in_1000_s());
            let arrivals = self.row.arrivals.unwrap_or_default();
            non_default_parts.push(format!("offered load {rate} requests a second, {arrivals}"));
        }
        if self.row.distribution != KeyDistribution::Uniform {
            non_default_parts.push(format!("distribution {}", self.row.distribution));
        }
        if let Some(mix) = self.row.mix.filter(|mix| *mix != Mix::WRITE_ONLY) {
            let named = Mix::NAMED.iter().find(|(_, known)| *known == mix);
            non_default_parts
                .push(named.map_or_else(|| mix.to_string(), |(name, _)| (*name).to_owned()));
        }
        if self.row.think_ns > 0 {
            non_default_parts.push(format!("think time {}", duration(self.row.think_ns as f64)));
        }
        if self.row.work > 0 {
            non_default_parts.push(format!(
                "{} rounds of work",
                with_thousands_separators(u64::from(self.row.work))
            ));
        }
        if !self.row.ledger {
            non_default_parts.push("no ledger".to_owned());
        }
        if self.row.kind == Kind::Http {
            non_default_parts.push(format!("over HTTP, {}", self.place()));
        }
        non_default_parts
    }
}

/// Writes `one hot row with 2 threads on memory` and the parts that differ from the defaults.
impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row.users {
            1 => write!(f, "one hot row")?,
            users => write!(f, "{} rows", with_thousands_separators(users))?,
        }
        write!(f, " with {} on {}", self.clients(), self.row.store)?;
        for part in self.non_default_parts() {
            write!(f, ", {part}")?;
        }
        if self.is_simulated() {
            write!(f, " (latency {}, simulated time)", self.row.latency)?;
        }
        Ok(())
    }
}

impl PartialEq for Title {
    fn eq(&self, other: &Title) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Title {
    fn partial_cmp(&self, other: &Title) -> Option<Ordering> {
        self.key().partial_cmp(&other.key())
    }
}
