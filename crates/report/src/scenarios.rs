//! Finds the scenarios of a run by their properties.
//!
//! No number of threads or users is fixed here, so that the same functions serve a machine of two
//! cores and one of sixty-four. A scenario that the run did not measure is not found.

use super::comparison::{Comparison, comparisons};
use hotrow::scenario::{KeyDistribution, Mix};
use hotrow_results::{ClientKind, Kind, MeasurementRow, StoredRun};

/// One scenario: its first row, which describes it, and its comparison.
#[derive(Debug, Clone)]
pub(super) struct Scenario<'a> {
    pub(super) row: &'a MeasurementRow,
    pub(super) comparison: Comparison,
}

/// All scenarios of one run, in the order of [`comparisons`].
#[derive(Debug, Clone)]
pub(super) struct Scenarios<'a> {
    pub(super) run: &'a StoredRun,
    pub(super) all: Vec<Scenario<'a>>,
}

/// A scenario at its position on an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct AxisPoint<'c, 'a> {
    pub(super) x: f64,
    pub(super) scenario: &'c Scenario<'a>,
}

impl<'a> Scenarios<'a> {
    /// Compares the rows of each scenario of the run.
    pub(super) fn new(run: &'a StoredRun) -> Scenarios<'a> {
        let first = |scenario: &str| run.rows.iter().find(|row| row.scenario == scenario);
        let all = comparisons(&run.rows).into_iter().map(|comparison| {
            let row = first(&comparison.scenario).expect("every comparison has at least one row");
            Scenario { row, comparison }
        });
        Scenarios { run, all: all.collect() }
    }

    /// Returns the headline: one row, with as many threads as were measured without exceeding the
    /// cores. Of several stores, it takes the one with most plain scenarios.
    pub(super) fn hot_row(&self) -> Option<&Scenario<'a>> {
        let on_store = |scenario: &&Scenario<'_>| {
            self.plain().filter(|other| other.row.store == scenario.row.store).count()
        };
        let parallel =
            self.plain().filter(|scenario| scenario.row.users == 1 && self.is_parallel(scenario));
        parallel.max_by_key(|scenario| (on_store(scenario), scenario.row.clients))
    }

    /// Returns the scenario with most tasks on one row, on the store of the headline.
    pub(super) fn hot_row_tasks(&self) -> Option<&Scenario<'a>> {
        let tasks = self
            .plain_on_hot_store()
            .filter(|scenario| scenario.row.client_kind == ClientKind::Tasks);
        tasks.filter(|scenario| scenario.row.users == 1).max_by_key(|scenario| scenario.row.clients)
    }

    /// Returns the scenario with most threads on one row, and more threads than cores.
    pub(super) fn hot_row_oversubscribed(&self) -> Option<&Scenario<'a>> {
        self.oversubscribed().last().map(|stop| stop.scenario)
    }

    /// Returns the scenario with most rows, and the clients of the headline.
    pub(super) fn many_rows(&self) -> Option<&Scenario<'a>> {
        self.users().last().map(|stop| stop.scenario).filter(|scenario| scenario.row.users > 1)
    }

    /// Returns the scenarios by number of rows, with the clients of the headline.
    pub(super) fn users(&self) -> Vec<AxisPoint<'_, 'a>> {
        let Some(hot) = self.hot_row() else { return Vec::new() };
        let same = self.plain_on_hot_store().filter(|scenario| has_clients_of(scenario, hot));
        stops(same, |row| row.users as f64)
    }

    /// Returns the scenarios by number of threads on one row, up to one thread per core.
    pub(super) fn parallel(&self) -> Vec<AxisPoint<'_, 'a>> {
        let one_row = self.plain_on_hot_store().filter(|scenario| scenario.row.users == 1);
        stops(one_row.filter(|scenario| self.is_parallel(scenario)), |row| f64::from(row.clients))
    }

    /// Returns the scenarios by number of threads on one row, with more threads than cores.
    pub(super) fn oversubscribed(&self) -> Vec<AxisPoint<'_, 'a>> {
        let one_row = self.plain_on_hot_store().filter(|scenario| scenario.row.users == 1);
        let is_oversubscribed = |scenario: &&Scenario<'_>| {
            scenario.row.client_kind == ClientKind::Threads && !self.is_parallel(scenario)
        };
        stops(one_row.filter(is_oversubscribed), |row| f64::from(row.clients))
    }

    /// Returns the scenarios by skew, with the same number of rows and the clients of the headline.
    /// Skew is the exponent theta of the Zipf distribution; 0 is uniform.
    pub(super) fn skew(&self) -> Vec<AxisPoint<'_, 'a>> {
        let Some(hot) = self.hot_row() else { return Vec::new() };
        let is_skewed =
            |scenario: &&Scenario<'_>| theta(scenario.row).is_some_and(|theta| theta > 0.0);
        let comparable = || {
            let closed = self
                .all
                .iter()
                .filter(|scenario| scenario.is_closed() && has_default_command(scenario.row));
            closed.filter(|scenario| {
                scenario.row.store == hot.row.store && has_clients_of(scenario, hot)
            })
        };
        let users = comparable().filter(is_skewed).map(|scenario| scenario.row.users).max();
        let Some(users) = users else { return Vec::new() };
        let same = comparable()
            .filter(|scenario| scenario.row.users == users && theta(scenario.row).is_some());
        stops(same, |row| theta(row).unwrap_or_default())
    }

    /// Returns the open-loop scenarios.
    pub(super) fn open_loop(&self) -> impl Iterator<Item = &Scenario<'a>> {
        self.all.iter().filter(|scenario| scenario.row.kind == Kind::OpenLoop)
    }

    /// Returns the scenarios of the slow store by number of clients, on one row or, if `is_one` is
    /// false, on the largest number of rows.
    pub(super) fn slow(&self, is_one: bool) -> Vec<AxisPoint<'_, 'a>> {
        let simulated = || {
            let all = self.all.iter().filter(|scenario| scenario.row.kind == Kind::Simulated);
            all.filter(|scenario| {
                is_default(scenario.row)
                    && scenario.row.latency == "assignment"
                    && scenario.row.think_ns == 0
            })
        };
        let users = simulated()
            .map(|scenario| scenario.row.users)
            .filter(|&users| (users == 1) == is_one)
            .max();
        stops(simulated().filter(|scenario| Some(scenario.row.users) == users), |row| {
            f64::from(row.clients)
        })
    }

    /// Returns the closed-loop scenarios in which only clients and users differ from the defaults.
    fn plain(&self) -> impl Iterator<Item = &Scenario<'a>> {
        self.all.iter().filter(|scenario| scenario.is_closed() && is_default(scenario.row))
    }

    /// Returns the plain scenarios on the store of the headline.
    fn plain_on_hot_store(&self) -> impl Iterator<Item = &Scenario<'a>> {
        let store = self.hot_row().map(|hot| hot.row.store.as_str());
        self.plain().filter(move |scenario| Some(scenario.row.store.as_str()) == store)
    }

    fn is_parallel(&self, scenario: &Scenario<'_>) -> bool {
        scenario.row.client_kind == ClientKind::Threads
            && scenario.row.clients as usize <= self.run.environment.cores
    }
}

impl Scenario<'_> {
    /// Whether it is a closed loop without think time.
    fn is_closed(&self) -> bool {
        self.row.kind == Kind::ClosedLoop && self.row.think_ns == 0
    }

    /// `2 threads`.
    pub(super) fn clients(&self) -> String {
        let kind = self.row.client_kind.name();
        match self.row.clients {
            1 => format!("1 {}", kind.trim_end_matches('s')),
            clients => format!("{clients} {kind}"),
        }
    }

    /// Whether at least half of its blocks, and at least one, are not excluded.
    pub(super) fn is_measured(&self) -> bool {
        self.comparison.is_measured() && self.comparison.blocks > 0
    }
}

fn is_default(row: &MeasurementRow) -> bool {
    has_default_command(row) && row.distribution == KeyDistribution::Uniform.to_string()
}

/// Whether mix, work and ledger are the defaults.
fn has_default_command(row: &MeasurementRow) -> bool {
    row.mix == Mix::WRITE_ONLY.to_string() && row.work == 0 && row.ledger
}

fn has_clients_of(scenario: &Scenario<'_>, other: &Scenario<'_>) -> bool {
    let clients = |row: &MeasurementRow| (row.client_kind, row.clients);
    clients(scenario.row) == clients(other.row)
}

/// Returns the exponent of the Zipf distribution; 0 for the uniform distribution.
fn theta(row: &MeasurementRow) -> Option<f64> {
    match row.distribution.parse() {
        Ok(KeyDistribution::Uniform) => Some(0.0),
        Ok(KeyDistribution::Zipf { theta }) => Some(theta),
        _ => None,
    }
}

/// Sorts scenarios along an axis.
fn stops<'c, 'a: 'c>(
    scenarios: impl Iterator<Item = &'c Scenario<'a>>,
    x: impl Fn(&MeasurementRow) -> f64,
) -> Vec<AxisPoint<'c, 'a>> {
    let mut stops: Vec<AxisPoint<'c, 'a>> =
        scenarios.map(|scenario| AxisPoint { x: x(scenario.row), scenario }).collect();
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
                    (users, clients, distribution.to_owned());
                row.scenario = format!("{users}/{clients}/{distribution}");
            }
            rows
        };
        let mut run = sample::run(&scenarios.iter().flat_map(rows_of).collect::<Vec<_>>());
        run.environment.cores = cores;
        run
    }

    fn positions(stops: &[AxisPoint<'_, '_>]) -> Vec<f64> {
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
        assert_eq!(scenarios.hot_row().map(|scenario| scenario.row.clients), Some(2));
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
        assert!(scenarios.slow(true).is_empty() && scenarios.open_loop().next().is_none());
    }
}
