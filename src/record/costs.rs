//! What a benchmark of a piece measured, kept in the same rows as everything else.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{ClientKind, Environment, Finding, Kind, Role, Row, SCHEMA, SavedRun};

/// Where benchmarks keep their rows, below the directory that they are run in. No report reads it,
/// and no repository keeps it.
const LOCAL: &str = "results/local";

/// What is timed: one caller doing one thing again and again.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// What is done, as `alone/change`.
    pub cell: &'a str,
    /// Where the accounts live; empty if there are none.
    pub store: &'a str,
    /// Who does it.
    pub strategy: &'a str,
    /// What kind of answer that is.
    pub family: &'a str,
}

/// The rows of one benchmark.
pub struct Costs {
    directory: PathBuf,
    environment: Environment,
    began: Instant,
    rows: Vec<Row>,
}

impl Costs {
    /// A benchmark of this name, which nothing is known of yet.
    pub fn of(name: &str) -> Costs {
        let environment = Environment::before(format!("cargo bench --bench {name}"), 0);
        let directory = Path::new(LOCAL).join(name);
        Costs { directory, environment, began: Instant::now(), rows: Vec::new() }
    }

    /// Adds that so many times took so long.
    pub fn add(&mut self, piece: Piece<'_>, times: u64, took: Duration) {
        let Piece { cell, store, strategy, family } = piece;
        let same = |row: &&Row| (&*row.cell, &*row.strategy) == (cell, strategy);
        let block = u32::try_from(self.rows.iter().filter(same).count()).unwrap_or(u32::MAX);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.rows.push(Row {
            schema: SCHEMA,
            run: self.environment.run.clone(),
            block,
            cell: cell.to_owned(),
            store: store.to_owned(),
            users: 1,
            clients: 1,
            client_kind: ClientKind::Threads,
            latency: "none".to_owned(),
            strategy: strategy.to_owned(),
            family: family.to_owned(),
            role: Role::Contender,
            window_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
            completed: times,
            completed_by_slowest: times,
            completed_by_fastest: times,
            verdict: Finding::NoBooks,
            kind: Kind::Cost,
            started_ms: millis(self.began.elapsed()),
            ..Row::default()
        });
    }

    /// Writes the rows down, unless there are none, and says where.
    ///
    /// # Errors
    /// As writing fails.
    pub fn save(self) -> io::Result<Option<PathBuf>> {
        let Costs { directory, environment, rows, .. } = self;
        if rows.is_empty() {
            return Ok(None);
        }
        let run = SavedRun { rows, ..SavedRun::empty(environment.after(false)) };
        Ok(Some(run.save(&directory)?.join("rounds.csv")))
    }
}
