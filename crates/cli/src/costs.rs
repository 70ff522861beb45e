//! Results of micro-benchmarks, in the same rows as all other results.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::rows::BUILD;
use hotrow_results::{
    AuditVerdict, ClientKind, Environment, Kind, MeasurementRow, Role, SCHEMA, StoredRun,
};

/// The folder for the rows of benchmarks, below the current directory. No report reads it, and it
/// is not committed.
const LOCAL: &str = "results/local";

/// A timed operation: one client repeats one request.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The name of the operation.
    pub scenario: &'a str,
    /// The store of the accounts; empty if there are none.
    pub store: &'a str,
    /// The strategy, or another implementation that is compared.
    pub strategy: &'a str,
    /// The family of the strategy.
    pub family: &'a str,
}

/// The rows of one benchmark.
pub struct Costs {
    directory: PathBuf,
    environment: Environment,
    began: Instant,
    rows: Vec<MeasurementRow>,
}

impl Costs {
    /// Creates an empty result of the benchmark `name`.
    pub fn of(name: &str) -> Costs {
        let environment = Environment::before(format!("cargo bench --bench {name}"), 0, BUILD);
        let directory = Path::new(LOCAL).join(name);
        Costs { directory, environment, began: Instant::now(), rows: Vec::new() }
    }

    /// Adds one measurement: `times` repetitions took `took`.
    pub fn add(&mut self, piece: Piece<'_>, times: u64, took: Duration) {
        let Piece { scenario, store, strategy, family } = piece;
        let same = |row: &&MeasurementRow| (&*row.scenario, &*row.strategy) == (scenario, strategy);
        let block = u32::try_from(self.rows.iter().filter(same).count()).unwrap_or(u32::MAX);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.rows.push(MeasurementRow {
            schema: SCHEMA,
            run: self.environment.run.clone(),
            block,
            scenario: scenario.to_owned(),
            store: store.to_owned(),
            users: 1,
            clients: 1,
            client_kind: ClientKind::Threads,
            strategy: strategy.to_owned(),
            family: family.to_owned(),
            role: Role::Contender,
            window_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
            completed: times,
            completed_by_slowest: times,
            completed_by_fastest: times,
            verdict: AuditVerdict::NotAudited,
            kind: Kind::SingleClient,
            started_ms: millis(self.began.elapsed()),
            ..MeasurementRow::default()
        });
    }

    /// Writes the rows, unless there are none, and returns the path of the file.
    ///
    /// # Errors
    /// The error of writing the files.
    pub fn save(self) -> io::Result<Option<PathBuf>> {
        let Costs { directory, environment, rows, .. } = self;
        if rows.is_empty() {
            return Ok(None);
        }
        let run = StoredRun { rows, ..StoredRun::empty(environment.after(false)) };
        Ok(Some(run.save(&directory)?.join("measurements.csv")))
    }
}
