//! Finds the scenarios of a run by their workload and their parts.
//!
//! No number of threads or users is fixed here, so that the same functions serve a machine of two
//! cores and one of sixty-four. A scenario that the run did not measure is not found.
//!
//! ```text
//! title    describes a scenario: typed parts of its rows
//! named    the scenarios that the prose names
//! pattern  the scenario that a claim is about
//! ```

mod named;
mod pattern;
mod title;

pub(super) use self::{
    named::{find_scenario, named_scenarios},
    pattern::ScenarioPattern,
    title::Title,
};
use super::comparison::{Comparison, comparisons};
use hotrow::scenario::{
    KeyDistribution, Latency,
    Workload::{self, *},
};
use hotrow_results::{ClientKind, Kind, StoredRun};

/// Closed loops on a store without latency in which only clients and users differ from one hot row.
const PLAIN: [Workload; 3] = [HotRow, Clients, Rows];

/// All scenarios of one run, in the order of [`comparisons`].
#[derive(Debug, Clone)]
pub(super) struct Scenarios<'a> {
    pub(super) run: &'a StoredRun,
    pub(super) all: Vec<Comparison>,
}

/// A scenario at its position on an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct AxisPoint<'c> {
    pub(super) x: f64,
    pub(super) scenario: &'c Comparison,
}

impl<'a> Scenarios<'a> {
    /// Compares the rows of each scenario of the run.
    pub(super) fn new(run: &'a StoredRun) -> Scenarios<'a> {
        Scenarios { run, all: comparisons(&run.rows) }
    }

    /// Returns the headline: one row, with as many threads as were measured without exceeding the
    /// cores. Of several stores, it takes the one with most plain scenarios.
    pub(super) fn hot_row(&self) -> Option<&Comparison> {
        let on_store =
            |store: &str| self.of(&PLAIN).filter(|it| it.title.row.store == store).count();
        let parallel = self.of(&PLAIN).filter(|it| it.title.row.users == 1 && self.is_parallel(it));
        parallel.max_by_key(|it| (on_store(&it.title.row.store), it.title.row.clients))
    }

    /// Returns the scenario with most tasks on one row, on the store of the headline.
    pub(super) fn hot_row_tasks(&self) -> Option<&Comparison> {
        let tasks = self.one_row().filter(|it| it.title.row.client_kind == ClientKind::Tasks);
        tasks.max_by_key(|it| it.title.row.clients)
    }

    /// Returns the scenario with most threads on one row, and more threads than cores.
    pub(super) fn hot_row_oversubscribed(&self) -> Option<&Comparison> {
        self.oversubscribed().last().map(|stop| stop.scenario)
    }

    /// Returns the scenario with most rows, and the clients of the headline.
    pub(super) fn many_rows(&self) -> Option<&Comparison> {
        self.users().last().map(|stop| stop.scenario).filter(|it| it.title.row.users > 1)
    }

    /// Returns the scenarios by number of rows, with the clients of the headline.
    pub(super) fn users(&self) -> Vec<AxisPoint<'_>> {
        stops(self.like_hot_row(&PLAIN), |title| title.row.users as f64)
    }

    /// Returns the scenarios by number of threads on one row, up to one thread per core.
    pub(super) fn parallel(&self) -> Vec<AxisPoint<'_>> {
        let parallel = self.one_row().filter(|it| self.is_parallel(it));
        stops(parallel, |title| f64::from(title.row.clients))
    }

    /// Returns the scenarios by number of threads on one row, with more threads than cores.
    pub(super) fn oversubscribed(&self) -> Vec<AxisPoint<'_>> {
        let threads = self.one_row().filter(|it| it.title.row.client_kind == ClientKind::Threads);
        stops(threads.filter(|it| !self.is_parallel(it)), |title| f64::from(title.row.clients))
    }

    /// Returns the scenarios by skew, with the same number of rows and the clients of the headline.
    /// Skew is the exponent theta of the Zipf distribution; 0 is uniform.
    pub(super) fn skew(&self) -> Vec<AxisPoint<'_>> {
        let skewed = self.like_hot_row(&[Skew]).filter(|it| theta(&it.title) > Some(0.0));
        let Some(users) = skewed.map(|it| it.title.row.users).max() else { return Vec::new() };
        let same = self.like_hot_row(&[HotRow, Clients, Rows, Skew]);
        let same = same.filter(|it| it.title.row.users == users && theta(&it.title).is_some());
        stops(same, |title| theta(title).unwrap_or_default())
    }

    /// Returns the open-loop scenarios.
    pub(super) fn open_loop(&self) -> impl Iterator<Item = &Comparison> {
        self.all.iter().filter(|it| it.kind == Kind::OpenLoop)
    }

    /// Returns the scenarios of a workload on the slow store by number of clients, on the largest
    /// number of rows.
    pub(super) fn slow(&self, workload: Workload) -> Vec<AxisPoint<'_>> {
        let workload = [workload];
        let slow = || self.of(&workload).filter(|it| it.title.row.latency == Latency::Assignment);
        let users = slow().map(|it| it.title.row.users).max();
        let same = slow().filter(|it| Some(it.title.row.users) == users);
        stops(same, |title| f64::from(title.row.clients))
    }

    /// Returns the scenarios of these workloads.
    fn of(&self, workloads: &[Workload]) -> impl Iterator<Item = &Comparison> {
        self.all.iter().filter(|it| it.title.is_of(workloads))
    }

    /// Returns the scenarios of these workloads with the store and the clients of the headline.
    fn like_hot_row(&self, workloads: &[Workload]) -> impl Iterator<Item = &Comparison> {
        let like =
            |title: &Title| (title.row.store.clone(), title.row.client_kind, title.row.clients);
        let hot = self.hot_row().map(|hot| like(&hot.title));
        self.of(workloads).filter(move |it| Some(like(&it.title)) == hot)
    }

    /// Returns the plain scenarios of one row, on the store of the headline.
    fn one_row(&self) -> impl Iterator<Item = &Comparison> {
        let store = self.hot_row().map(|hot| &hot.title.row.store);
        self.of(&PLAIN)
            .filter(move |it| it.title.row.users == 1 && Some(&it.title.row.store) == store)
    }

    fn is_parallel(&self, scenario: &Comparison) -> bool {
        let title = &scenario.title;
        title.row.client_kind == ClientKind::Threads
            && title.row.clients as usize <= self.run.environment.cores
    }
}

/// Returns the exponent of the Zipf distribution; 0 for the uniform distribution.
fn theta(title: &Title) -> Option<f64> {
    match title.row.distribution {
        KeyDistribution::Uniform => Some(0.0),
        KeyDistribution::Zipf { theta } => Some(theta),
        KeyDistribution::Hot { .. } => None,
    }
}

/// Sorts scenarios along an axis.
fn stops<'c>(
    scenarios: impl Iterator<Item = &'c Comparison>,
    x: impl Fn(&Title) -> f64,
) -> Vec<AxisPoint<'c>> {
    let mut stops: Vec<AxisPoint<'c>> =
        scenarios.map(|scenario| AxisPoint { x: x(&scenario.title), scenario }).collect();
    stops.sort_by(|a, b| a.x.total_cmp(&b.x));
    // Two scenarios at one position differ in something that this axis ignores: the first is kept.
    stops.dedup_by(|later, kept| later.x == kept.x);
    stops
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    /// A run with these users, clients and distributions.
    fn run(scenarios: &[(u64, u32, &str)], cores: usize) -> StoredRun {
        let rows_of = |&(users, clients, distribution): &(u64, u32, &str)| {
            let mut rows = sample::series("mutex", 1_000_000, 8);
            for row in &mut rows {
                (row.users, row.clients, row.distribution) =
                    (users, clients, distribution.parse().unwrap());
                row.scenario = format!("{users}/{clients}/{distribution}");
            }
            rows
        };
        sample::run_on(&scenarios.iter().flat_map(rows_of).collect::<Vec<_>>(), cores)
    }

    fn positions(stops: &[AxisPoint<'_>]) -> Vec<f64> {
        stops.iter().map(|stop| stop.x).collect()
    }

    /// Threads beyond the number of cores do not run in parallel. On one line with those that do,
    /// the line would bend at the number of cores.
    #[test]
    fn oversubscribed_threads_are_a_separate_axis() {
        let threads = [1, 4, 8, 2].map(|threads| (1, threads, "uniform"));
        let run = run(&threads, 2);
        let scenarios = Scenarios::new(&run);
        assert_eq!(positions(&scenarios.parallel()), [1.0, 2.0]);
        assert_eq!(positions(&scenarios.oversubscribed()), [4.0, 8.0]);
        assert_eq!(scenarios.hot_row().map(|scenario| scenario.title.row.clients), Some(2));
        let run = self::run(&threads, 64);
        let scenarios = Scenarios::new(&run);
        assert_eq!(positions(&scenarios.parallel()), [1.0, 2.0, 4.0, 8.0]);
        assert!(scenarios.hot_row_oversubscribed().is_none());
    }

    /// A scenario with other clients or another distribution would look like an effect of the axis.
    #[test]
    fn scenarios_on_an_axis_differ_in_nothing_else() {
        let run = run(
            &[
                (1, 2, "uniform"),
                (4, 2, "uniform"),
                (4, 1, "uniform"),
                (1024, 2, "uniform"),
                (1024, 2, "zipf:0.99"),
                (1024, 2, "hot:10@90"),
                (9, 2, "zipf:0.6"),
            ],
            2,
        );
        let scenarios = Scenarios::new(&run);
        assert_eq!(positions(&scenarios.users()), [1.0, 4.0, 1024.0]);
        assert_eq!(positions(&scenarios.skew()), [0.0, 0.99]);
        assert!(scenarios.slow(SimulatedHot).is_empty() && scenarios.open_loop().next().is_none());
    }
}
