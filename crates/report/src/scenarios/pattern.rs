//! The scenario that a claim is about.
//!
//! A pattern names a workload and parts. The number of cores is that of the measured machine.

use serde::Deserialize;

use super::Title;
use hotrow::scenario::{
    Clients, KeyDistribution,
    Workload::{self, HotRow},
};
use hotrow_results::{ClientKind, MeasurementRow};

/// The store of scenarios without latency.
const STORE: &str = "memory";

/// A description of one scenario. A part that is not given fits any value.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ScenarioPattern {
    /// `None` is one hot row with the given clients or, without any, with a thread per core.
    workload: Option<Workload>,
    users: Option<u64>,
    distribution: Option<KeyDistribution>,
    clients: Option<Number>,
    work: Option<u32>,
    /// The offered load of an open loop, in requests per second.
    rate: Option<u64>,
}

/// The kind and the number of clients.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Number {
    /// This many threads per core.
    ThreadsEach(u32),
    /// `threads:2` or `tasks:64`.
    #[serde(untagged)]
    Exactly(Clients),
}

impl ScenarioPattern {
    /// One hot row with these clients.
    pub(crate) fn with_clients(clients: Clients) -> ScenarioPattern {
        ScenarioPattern { clients: Some(Number::Exactly(clients)), ..ScenarioPattern::default() }
    }

    /// The scenario with accounts that are used until they are empty.
    pub(crate) fn drained() -> ScenarioPattern {
        ScenarioPattern { workload: Some(Workload::Drained), ..ScenarioPattern::default() }
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
        let mut scenarios: Vec<&MeasurementRow> = Vec::new();
        for row in rows {
            if scenarios.iter().all(|known| known.scenario != row.scenario) {
                scenarios.push(row);
            }
        }
        scenarios.retain(|row| self.fits(&Title::from_row(row), cores));
        match &scenarios[..] {
            [] => Err("the run has no such scenario".to_owned()),
            [first] => Ok(rows.iter().filter(|row| row.scenario == first.scenario).collect()),
            [first, other, ..] => {
                let (first, other) = (&first.scenario, &other.scenario);
                Err(format!("the claim is ambiguous: both {first} and {other} fit"))
            }
        }
    }

    fn fits(&self, title: &Title, cores: usize) -> bool {
        let one_per_core = || self.workload.is_none().then_some(Number::ThreadsEach(1));
        let is_workload = match self.workload {
            Some(workload) => title.is_of(&[workload]),
            None => title.is_of(&[HotRow, Workload::Clients]) && title.row.users == 1,
        };
        is_workload
            && (title.is_simulated() || title.row.store == STORE)
            && self.users.is_none_or(|users| users == title.row.users)
            && self.distribution.is_none_or(|distribution| distribution == title.row.distribution)
            && self.clients.or_else(one_per_core).is_none_or(|clients| clients.fits(title, cores))
            && self.work.is_none_or(|work| work == title.row.work)
            && self.rate.is_none_or(|rate| rate * 1_000 == title.row.offered_in_1000_s())
    }
}

impl Number {
    fn fits(self, title: &Title, cores: usize) -> bool {
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let (kind, clients) = match self {
            Number::ThreadsEach(each) => (ClientKind::Threads, cores.saturating_mul(each)),
            Number::Exactly(Clients::Threads(threads)) => (ClientKind::Threads, threads),
            Number::Exactly(Clients::Tasks(tasks)) => (ClientKind::Tasks, tasks),
        };
        (title.row.client_kind, title.row.clients) == (kind, clients)
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
        let work = ScenarioPattern {
            workload: Some(Workload::LongCriticalSection),
            work: Some(300),
            ..pattern
        };
        assert!(work.rows(&rows, 2).is_ok());
        rows[0].scenario = "memory/twice".to_owned();
        assert!(pattern.rows(&rows, 2).unwrap_err().contains("ambiguous"));
    }
}
