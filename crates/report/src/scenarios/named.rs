//! Finds the scenarios that the report discusses in the scenarios of a run.
//!
//! A scenario is found by its workload and its parts. The number of cores is that of the measured
//! machine, so the same names apply to runs of every machine.

use super::title::Title;
use crate::comparison::Comparison;
use hotrow::scenario::{
    KeyDistribution, Latency,
    Workload::{self, *},
};
use hotrow_results::ClientKind;

/// A scenario with its name in the report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedScenario<'a> {
    pub(crate) name: &'static str,
    pub(crate) comparison: &'a Comparison,
}

/// Which of the fitting scenarios is taken.
#[derive(Clone, Copy)]
enum Pick {
    First,
    Last,
}

/// Whether a scenario of the workload fits the name, on a machine with this many cores.
type Fits = fn(&Title, u32) -> bool;

const ANY: Fits = |_, _| true;

/// Every name, in the order of the report.
const NAMES: [(&str, Pick, &[Workload], Fits); 16] = [
    ("one hot account, one thread per core", Pick::Last, &[HotRow, Clients], |it, cores| {
        it.row.users == 1 && it.is_parallel(cores)
    }),
    ("one hot account, many tasks", Pick::Last, &[HotRow], |it, _| {
        it.row.users == 1 && it.row.client_kind == ClientKind::Tasks
    }),
    ("one hot account, more threads than cores", Pick::Last, &[Clients], |it, cores| {
        it.row.users == 1 && it.is_oversubscribed(cores)
    }),
    ("hundreds or thousands of accounts", Pick::Last, &[Rows], |it, _| {
        (100..10_000).contains(&it.row.users)
    }),
    ("10,000 accounts or more", Pick::Last, &[Rows], |it, _| it.row.users >= 10_000),
    ("many accounts, Zipf distribution", Pick::Last, &[Skew], |it, _| {
        matches!(it.row.distribution, KeyDistribution::Zipf { .. })
    }),
    ("mostly reads", Pick::First, &[ReadHeavy], ANY),
    ("long critical section", Pick::Last, &[LongCriticalSection], ANY),
    ("most commands rejected", Pick::First, &[Drained], ANY),
    ("no ledger", Pick::First, &[NoLedger], ANY),
    ("open loop", Pick::First, &[OpenLoop, OpenLoopThreads], ANY),
    ("open loop, higher offered load", Pick::Last, &[OpenLoop], ANY),
    ("open loop, bursts", Pick::First, &[Bursts], ANY),
    ("slow store, one account", Pick::Last, &[SimulatedHot], is_assignment),
    ("slow store, many accounts", Pick::Last, &[SimulatedRows], is_assignment),
    ("slow store, mostly reads", Pick::First, &[SimulatedReads], ANY),
];

fn is_assignment(title: &Title, _cores: u32) -> bool {
    title.row.latency == Latency::Assignment
}

/// Finds the scenario of every name, on a machine with this many cores. A scenario has one name at
/// most.
pub(crate) fn named_scenarios(comparisons: &[Comparison], cores: usize) -> Vec<NamedScenario<'_>> {
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let mut found: Vec<NamedScenario<'_>> = Vec::new();
    for (name, pick, workloads, fits) in NAMES {
        let is_new = |comparison: &&Comparison| {
            found.iter().all(|known| known.comparison.scenario != comparison.scenario)
        };
        let is_it = |it: &&Comparison| it.title.is_of(workloads) && fits(&it.title, cores);
        let mut fitting = comparisons.iter().filter(is_it).filter(is_new);
        let picked = match pick {
            Pick::First => fitting.next(),
            Pick::Last => fitting.next_back(),
        };
        found.extend(picked.map(|comparison| NamedScenario { name, comparison }));
    }
    found
}

/// Finds the scenario with this name.
pub(crate) fn find_scenario<'a>(
    comparisons: &'a [Comparison],
    cores: usize,
    name: &str,
) -> Option<&'a Comparison> {
    let mut named = named_scenarios(comparisons, cores).into_iter();
    named.find(|it| it.name == name).map(|it| it.comparison)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow::scenario::Mix;
    use hotrow_results::{MeasurementRow, sample};

    /// A run of four cores has the same names as a run of two, and a scenario has one name at most.
    #[test]
    fn scenarios_are_found_by_their_properties() {
        let scenario = |name: &str, users: u64, clients: u32| {
            let change = |row: MeasurementRow| MeasurementRow {
                scenario: name.to_owned(),
                users,
                clients,
                ..row
            };
            sample::rows(8).into_iter().map(change).collect::<Vec<_>>()
        };
        let rows = [
            scenario("few", 1, 2),
            scenario("hot", 1, 4),
            scenario("oversubscribed", 1, 16),
            scenario("many", 100_000, 4),
        ];
        let all = comparisons(&rows.concat());
        let found: Vec<(&str, &str)> = named_scenarios(&all, 4)
            .iter()
            .map(|it| (it.name, it.comparison.scenario.as_str()))
            .collect();
        let expected = [
            ("one hot account, one thread per core", "hot"),
            ("one hot account, more threads than cores", "oversubscribed"),
            ("10,000 accounts or more", "many"),
        ];
        assert_eq!(found, expected);
        assert!(find_scenario(&all, 4, "open loop, bursts").is_none());
    }

    /// A plan of a user names its workloads as it likes, and can replace a built-in one. Its own hot
    /// row is one hot account; fifty accounts are not, whatever their workload is called.
    #[test]
    fn a_workload_of_a_user_is_found_by_its_parts() {
        let found = |workload: &str, users: u64, mix: Mix| {
            let mut rows = sample::rows(8);
            for row in &mut rows {
                (row.workload, row.users, row.mix) = (workload.to_owned(), users, Some(mix));
            }
            find_scenario(&comparisons(&rows), 2, "one hot account, one thread per core").is_some()
        };
        assert!(found("flash-sale", 1, Mix::WRITE_ONLY));
        assert!(!found("flash-sale", 1, Mix::DRAIN));
        assert!(!found("hot-row", 50, Mix::WRITE_ONLY));
    }
}
