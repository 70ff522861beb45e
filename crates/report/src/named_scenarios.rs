//! Finds the scenarios that the report discusses in the scenarios of a run.
//!
//! A scenario is found by its properties. The number of cores is that of the measured machine, so
//! the same names apply to runs of every machine.

use super::{comparison::Comparison, title::Title};
use hotrow_results::{ClientKind, Kind};

/// A scenario with its name in the report.
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedScenario<'a> {
    pub(super) name: &'static str,
    pub(super) comparison: &'a Comparison,
}

/// Whether a scenario fits the name, on a machine with this many cores.
type Fits = fn(&Title, u32) -> bool;

/// Which of the fitting scenarios is taken.
#[derive(Clone, Copy)]
enum Pick {
    First,
    Last,
}

/// Every name, in the order of the report.
const NAMES: [(&str, Pick, Fits); 16] = [
    ("one hot account, one thread per core", Pick::Last, |it, cores| {
        it.is_plain(Kind::ClosedLoop) && it.users == 1 && it.is_parallel(cores)
    }),
    ("one hot account, many tasks", Pick::Last, |it, _| {
        it.is_plain(Kind::ClosedLoop) && it.users == 1 && it.client_kind == ClientKind::Tasks
    }),
    ("one hot account, more threads than cores", Pick::Last, |it, cores| {
        it.is_plain(Kind::ClosedLoop) && it.users == 1 && it.is_oversubscribed(cores)
    }),
    ("hundreds or thousands of accounts", Pick::Last, |it, _| {
        it.is_plain(Kind::ClosedLoop) && (100..10_000).contains(&it.users)
    }),
    ("10,000 accounts or more", Pick::Last, |it, _| {
        it.is_plain(Kind::ClosedLoop) && it.users >= 10_000
    }),
    ("many accounts, Zipf distribution", Pick::Last, |it, _| {
        it.kind == Kind::ClosedLoop && it.distribution.starts_with("zipf")
    }),
    ("mostly reads", Pick::First, |it, _| {
        it.kind == Kind::ClosedLoop && it.mix.ends_with("read:90")
    }),
    ("long critical section", Pick::Last, |it, _| it.kind == Kind::ClosedLoop && it.work > 0),
    ("most commands rejected", Pick::First, |it, _| {
        it.kind == Kind::ClosedLoop && it.mix.contains("use:100")
    }),
    ("no ledger", Pick::First, |it, _| it.kind == Kind::ClosedLoop && !it.ledger),
    ("open loop", Pick::First, |it, _| it.kind == Kind::OpenLoop && !it.is_bursty()),
    ("open loop, higher offered load", Pick::Last, |it, _| {
        it.kind == Kind::OpenLoop && !it.is_bursty() && it.client_kind == ClientKind::Tasks
    }),
    ("open loop, bursts", Pick::First, |it, _| it.kind == Kind::OpenLoop && it.is_bursty()),
    ("slow store, one account", Pick::Last, |it, _| {
        it.is_plain(Kind::Simulated) && it.users == 1 && it.latency == "assignment"
    }),
    ("slow store, many accounts", Pick::Last, |it, _| {
        it.is_plain(Kind::Simulated) && it.users > 1 && it.latency == "assignment"
    }),
    ("slow store, mostly reads", Pick::First, |it, _| {
        it.kind == Kind::Simulated && it.mix.ends_with("read:90")
    }),
];

/// Finds the scenario of every name, on a machine with this many cores. A scenario has one name at
/// most.
pub(super) fn named_scenarios(comparisons: &[Comparison], cores: usize) -> Vec<NamedScenario<'_>> {
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let mut found: Vec<NamedScenario<'_>> = Vec::new();
    for (name, pick, fits) in NAMES {
        let is_new = |comparison: &&Comparison| {
            found.iter().all(|known| known.comparison.scenario != comparison.scenario)
        };
        let mut fitting = comparisons.iter().filter(|it| fits(&it.title, cores)).filter(is_new);
        let picked = match pick {
            Pick::First => fitting.next(),
            Pick::Last => fitting.next_back(),
        };
        found.extend(picked.map(|comparison| NamedScenario { name, comparison }));
    }
    found
}

/// Finds the scenario with this name.
pub(super) fn find_scenario<'a>(
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
}
