//! The cells of a run, found by what they are.
//!
//! No number of threads and no number of users is written here: the same question is asked of a
//! machine of two cores and of one of sixty-four, and what a run has not measured is not found.

use super::comparison::{Comparison, comparisons};
use crate::{
    record::{ClientKind, Kind, Row, SavedRun},
    workload::{Keys, Mix},
};

/// One cell: what it is by its first row, and what was found in it.
#[derive(Debug, Clone)]
pub(super) struct Cell<'a> {
    pub(super) row: &'a Row,
    pub(super) comparison: Comparison,
}

/// All cells of one run, in the order of [`comparisons`].
#[derive(Debug, Clone)]
pub(super) struct Cells<'a> {
    pub(super) run: &'a SavedRun,
    pub(super) all: Vec<Cell<'a>>,
}

/// A cell at its place along an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop<'c, 'a> {
    pub(super) x: f64,
    pub(super) cell: &'c Cell<'a>,
}

impl<'a> Cells<'a> {
    /// Compares what the run measured.
    pub(super) fn of(run: &'a SavedRun) -> Cells<'a> {
        let first = |cell: &str| run.rows.iter().find(|row| row.cell == cell);
        let all = comparisons(&run.rows).into_iter().map(|comparison| {
            let row = first(&comparison.cell).expect("a comparison is made of rows");
            Cell { row, comparison }
        });
        Cells { run, all: all.collect() }
    }

    /// One row that as many threads want as there are cores: the headline. Of several stores the
    /// one that most was measured on.
    pub(super) fn hot_row(&self) -> Option<&Cell<'a>> {
        let on_store = |cell: &&Cell<'_>| {
            self.plain().filter(|other| other.row.store == cell.row.store).count()
        };
        let parallel = self.plain().filter(|cell| cell.row.users == 1 && self.is_parallel(cell));
        parallel.max_by_key(|cell| (on_store(cell), cell.row.clients))
    }

    /// The same row, wanted by most tasks.
    pub(super) fn hot_row_tasks(&self) -> Option<&Cell<'a>> {
        let tasks = self.beside_hot().filter(|cell| cell.row.client_kind == ClientKind::Tasks);
        tasks.filter(|cell| cell.row.users == 1).max_by_key(|cell| cell.row.clients)
    }

    /// The same row, wanted by most threads, and by more than there are cores.
    pub(super) fn hot_row_crowded(&self) -> Option<&Cell<'a>> {
        self.oversubscribed().last().map(|stop| stop.cell)
    }

    /// Rows enough to go round, wanted by the threads of the headline.
    pub(super) fn many_rows(&self) -> Option<&Cell<'a>> {
        self.users().last().map(|stop| stop.cell).filter(|cell| cell.row.users > 1)
    }

    /// From one row to many, with the clients of the headline.
    pub(super) fn users(&self) -> Vec<Stop<'_, 'a>> {
        let Some(hot) = self.hot_row() else { return Vec::new() };
        let same = self.beside_hot().filter(|cell| has_clients_of(cell, hot));
        stops(same, |row| row.users as f64)
    }

    /// More and more threads on one row, up to one for each core.
    pub(super) fn parallel(&self) -> Vec<Stop<'_, 'a>> {
        let one_row = self.beside_hot().filter(|cell| cell.row.users == 1);
        stops(one_row.filter(|cell| self.is_parallel(cell)), |row| f64::from(row.clients))
    }

    /// More threads on one row than there are cores.
    pub(super) fn oversubscribed(&self) -> Vec<Stop<'_, 'a>> {
        let one_row = self.beside_hot().filter(|cell| cell.row.users == 1);
        let is_crowded = |cell: &&Cell<'_>| {
            cell.row.client_kind == ClientKind::Threads && !self.is_parallel(cell)
        };
        stops(one_row.filter(is_crowded), |row| f64::from(row.clients))
    }

    /// The same rows, asked for more and more unevenly: theta, of which 0 is uniform.
    pub(super) fn skew(&self) -> Vec<Stop<'_, 'a>> {
        let Some(hot) = self.hot_row() else { return Vec::new() };
        let is_uneven = |cell: &&Cell<'_>| theta(cell.row).is_some_and(|theta| theta > 0.0);
        let alike = || {
            let closed =
                self.all.iter().filter(|cell| cell.is_closed() && has_usual_rule(cell.row));
            closed.filter(|cell| cell.row.store == hot.row.store && has_clients_of(cell, hot))
        };
        let Some(users) = alike().filter(is_uneven).map(|cell| cell.row.users).max() else {
            return Vec::new();
        };
        let same = alike().filter(|cell| cell.row.users == users && theta(cell.row).is_some());
        stops(same, |row| theta(row).unwrap_or_default())
    }

    /// Cells with a promised rate.
    pub(super) fn promised(&self) -> impl Iterator<Item = &Cell<'a>> {
        self.all.iter().filter(|cell| cell.row.kind == Kind::Latency)
    }

    /// More and more clients of a slow store, on one row or, if `is_one` is false, on most.
    pub(super) fn slow(&self, is_one: bool) -> Vec<Stop<'_, 'a>> {
        let delay = || {
            let plain = self.all.iter().filter(|cell| cell.row.kind == Kind::Delay);
            plain.filter(|cell| {
                is_usual(cell.row) && cell.row.latency == "assignment" && cell.row.think_ns == 0
            })
        };
        let users =
            delay().map(|cell| cell.row.users).filter(|&users| (users == 1) == is_one).max();
        stops(delay().filter(|cell| Some(cell.row.users) == users), |row| f64::from(row.clients))
    }

    /// Capacity cells in which nothing but clients and users is varied.
    fn plain(&self) -> impl Iterator<Item = &Cell<'a>> {
        self.all.iter().filter(|cell| cell.is_closed() && is_usual(cell.row))
    }

    /// Those of the store of the headline.
    fn beside_hot(&self) -> impl Iterator<Item = &Cell<'a>> {
        let store = self.hot_row().map(|hot| hot.row.store.as_str());
        self.plain().filter(move |cell| Some(cell.row.store.as_str()) == store)
    }

    fn is_parallel(&self, cell: &Cell<'_>) -> bool {
        cell.row.client_kind == ClientKind::Threads
            && cell.row.clients as usize <= self.run.environment.cores
    }
}

impl Cell<'_> {
    /// Clients ask as fast as they are answered.
    fn is_closed(&self) -> bool {
        self.row.kind == Kind::Throughput && self.row.think_ns == 0
    }

    /// `2 threads`.
    pub(super) fn clients(&self) -> String {
        let kind = self.row.client_kind.name();
        match self.row.clients {
            1 => format!("1 {}", kind.trim_end_matches('s')),
            clients => format!("{clients} {kind}"),
        }
    }

    /// Whether so many of its blocks count that anything may be said.
    pub(super) fn is_measured(&self) -> bool {
        self.comparison.is_measured() && self.comparison.blocks > 0
    }
}

fn is_usual(row: &Row) -> bool {
    has_usual_rule(row) && row.keys == Keys::Uniform.to_string()
}

fn has_usual_rule(row: &Row) -> bool {
    row.mix == Mix::WRITE_ONLY.to_string() && row.work == 0 && row.history
}

fn has_clients_of(cell: &Cell<'_>, other: &Cell<'_>) -> bool {
    let clients = |row: &Row| (row.client_kind, row.clients);
    clients(cell.row) == clients(other.row)
}

/// The exponent of Zipf's law.
fn theta(row: &Row) -> Option<f64> {
    match row.keys.parse() {
        Ok(Keys::Uniform) => Some(0.0),
        Ok(Keys::Zipf { theta }) => Some(theta),
        _ => None,
    }
}

/// Cells along an axis.
fn stops<'c, 'a: 'c>(
    cells: impl Iterator<Item = &'c Cell<'a>>,
    x: impl Fn(&Row) -> f64,
) -> Vec<Stop<'c, 'a>> {
    let mut stops: Vec<Stop<'c, 'a>> = cells.map(|cell| Stop { x: x(cell.row), cell }).collect();
    stops.sort_by(|one, other| one.x.total_cmp(&other.x));
    // Two of one place differ in something that is not looked at here: the first stays.
    stops.dedup_by(|later, kept| later.x == kept.x);
    stops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// Rows of cells that differ from the sample's in these parts.
    fn run(cells: &[(u64, u32, &str)], cores: usize) -> SavedRun {
        let of_cell = |&(users, clients, keys): &(u64, u32, &str)| {
            let mut rows = sample::series("mutex", 1_000_000, 8);
            for row in &mut rows {
                (row.users, row.clients, row.keys) = (users, clients, keys.to_owned());
                row.cell = format!("{users}/{clients}/{keys}");
            }
            rows
        };
        let mut run = sample::run(&cells.iter().flat_map(of_cell).collect::<Vec<_>>());
        run.environment.cores = cores;
        run
    }

    fn places(stops: &[Stop<'_, '_>]) -> Vec<f64> {
        stops.iter().map(|stop| stop.x).collect()
    }

    /// Threads past the cores stand in a line with those that run side by side, and the line seems to
    /// bend where only the question changed.
    #[test]
    fn clients_past_the_cores_are_kept_apart() {
        let threads = [1, 4, 8, 2].map(|threads| (1, threads, "uniform"));
        let run = run(&threads, 2);
        let cells = Cells::of(&run);
        assert_eq!(places(&cells.parallel()), [1.0, 2.0]);
        assert_eq!(places(&cells.oversubscribed()), [4.0, 8.0]);
        assert_eq!(cells.hot_row().map(|cell| cell.row.clients), Some(2));
        let run = self::run(&threads, 64);
        let cells = Cells::of(&run);
        assert_eq!(places(&cells.parallel()), [1.0, 2.0, 4.0, 8.0]);
        assert!(cells.hot_row_crowded().is_none());
    }

    /// A cell of other clients or keys on an axis would be taken for what the axis does.
    #[test]
    fn along_an_axis_nothing_else_differs() {
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
        let cells = Cells::of(&run);
        assert_eq!(places(&cells.users()), [1.0, 4.0, 1024.0]);
        assert_eq!(places(&cells.skew()), [0.0, 0.99]);
        assert!(cells.slow(true).is_empty() && cells.promised().next().is_none());
    }
}
