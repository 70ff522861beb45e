//! The scenario that a claim is about.
//!
//! A pattern describes the properties of the scenario, not its name: the number of cores is that of
//! the measured machine.

use serde::Deserialize;

use hotrow::scenario::Mix;
use hotrow_results::{ClientKind, Kind, MeasurementRow};

/// A description of one scenario. Every field has a default: together, one hot row in memory, as
/// many threads as cores, a closed loop, commands only.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ScenarioPattern {
    kind: Kind,
    store: String,
    users: u64,
    distribution: String,
    clients: Clients,
    /// A name such as `read-heavy`, or shares.
    mix: String,
    /// `None` fits any latency.
    latency: Option<String>,
    /// `None` fits any arrival process.
    arrivals: Option<String>,
    offered_per_s: u64,
    work: u32,
    ledger: bool,
}

/// The kind and the number of clients.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Clients {
    /// One thread per core.
    Cores,
    /// This many threads per core.
    ThreadsEach(u32),
    Threads(u32),
    Tasks(u32),
}

impl Default for ScenarioPattern {
    fn default() -> ScenarioPattern {
        ScenarioPattern {
            kind: Kind::ClosedLoop,
            store: "memory".to_owned(),
            users: 1,
            distribution: "uniform".to_owned(),
            clients: Clients::Cores,
            mix: "write-only".to_owned(),
            latency: None,
            arrivals: None,
            offered_per_s: 0,
            work: 0,
            ledger: true,
        }
    }
}

impl ScenarioPattern {
    /// The default scenario with this many threads, independent of the number of cores.
    pub(crate) fn with_threads(threads: u32) -> ScenarioPattern {
        ScenarioPattern { clients: Clients::Threads(threads), ..ScenarioPattern::default() }
    }

    /// The default scenario with this many tasks.
    pub(crate) fn with_tasks(tasks: u32) -> ScenarioPattern {
        ScenarioPattern { clients: Clients::Tasks(tasks), ..ScenarioPattern::default() }
    }

    /// The default scenario with accounts that are used until they are empty.
    pub(crate) fn drained() -> ScenarioPattern {
        ScenarioPattern { mix: "drain".to_owned(), ..ScenarioPattern::default() }
    }

    /// Returns the rows of the scenario that fits.
    ///
    /// # Errors
    /// If no scenario fits, or more than one.
    pub(crate) fn rows<'a>(
        &self,
        rows: &'a [MeasurementRow],
        cores: usize,
    ) -> Result<Vec<&'a MeasurementRow>, String> {
        let mix = self.mix.parse::<Mix>().map_err(|error| error.to_string())?.to_string();
        let found: Vec<&MeasurementRow> =
            rows.iter().filter(|row| self.fits(row, &mix, cores)).collect();
        let Some(first) = found.first() else {
            return Err("the run has no such scenario".to_owned());
        };
        match found.iter().find(|row| row.scenario != first.scenario) {
            None => Ok(found),
            Some(other) => {
                let (first, other) = (&first.scenario, &other.scenario);
                Err(format!("the claim is ambiguous: both {first} and {other} fit"))
            }
        }
    }

    fn fits(&self, row: &MeasurementRow, mix: &str, cores: usize) -> bool {
        let is_any_or =
            |name: &Option<String>, value: &str| name.as_ref().is_none_or(|name| name == value);
        (row.kind, row.users, row.work, row.ledger, row.think_ns)
            == (self.kind, self.users, self.work, self.ledger, 0)
            && (&row.store, &row.distribution, &*row.mix) == (&self.store, &self.distribution, mix)
            && row.offered_per_s == self.offered_per_s
            && is_any_or(&self.latency, &row.latency)
            && is_any_or(&self.arrivals, &row.arrivals)
            && self.clients.fit(row, cores)
    }
}

impl Clients {
    fn fit(self, row: &MeasurementRow, cores: usize) -> bool {
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let (kind, clients) = match self {
            Clients::Cores => (ClientKind::Threads, cores),
            Clients::ThreadsEach(each) => (ClientKind::Threads, cores.saturating_mul(each)),
            Clients::Threads(threads) => (ClientKind::Threads, threads),
            Clients::Tasks(tasks) => (ClientKind::Tasks, tasks),
        };
        (row.client_kind, row.clients) == (kind, clients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    /// A claim about one hot row must not be judged by another scenario of the run, nor by a
    /// scenario of a machine with another number of cores.
    #[test]
    fn a_pattern_finds_its_scenario_and_no_other() {
        let mut rows = sample::rows(2);
        let mut others = sample::rows(2);
        for row in &mut others {
            (row.scenario, row.work) = ("memory/work=300".to_owned(), 300);
        }
        rows.extend(others);
        let pattern = ScenarioPattern::default();
        let found = pattern.rows(&rows, 2).unwrap();
        assert!(!found.is_empty() && found.iter().all(|row| row.work == 0));
        assert!(pattern.rows(&rows, 4).unwrap_err().contains("no such scenario"));
        assert!(ScenarioPattern { work: 300, ..ScenarioPattern::default() }.rows(&rows, 2).is_ok());
        rows[0].scenario = "memory/twice".to_owned();
        assert!(pattern.rows(&rows, 2).unwrap_err().contains("ambiguous"));
    }
}
