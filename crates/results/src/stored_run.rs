//! A run that is stored in a directory of its own.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    CapacityRow, CheckRow, Earlier, Environment, MeasurementRow, MemoryRow, QuantileRow, ReadError,
    Role, TimeKind, folder, replace,
    rounds::{read_table, table},
    schema1::{MEASUREMENTS_1, SCHEMA_1},
};

pub(super) const ENVIRONMENT: &str = "env.json";
pub(super) const MEASUREMENTS: &str = "measurements.csv";
pub(super) const QUANTILES: &str = "quantiles.csv";
pub(super) const CAPACITY: &str = "capacity.csv";
pub(super) const MEMORY: &str = "memory.csv";
pub(super) const CHECKS: &str = "checks.csv";

/// All stored data of one run. A table without rows has no file.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// The environment of the run.
    pub environment: Environment,
    /// The measurements, in the order in which they were made.
    pub rows: Vec<MeasurementRow>,
    /// The quantiles of measurements that timed all of their requests.
    pub quantiles: Vec<QuantileRow>,
    /// The probes of `hotrow capacity`.
    pub capacity: Vec<CapacityRow>,
    /// The memory of strategies.
    pub memory: Vec<MemoryRow>,
    /// The checks of properties.
    pub checks: Vec<CheckRow>,
}

impl StoredRun {
    /// Creates a run without rows.
    pub fn empty(environment: Environment) -> StoredRun {
        StoredRun {
            environment,
            rows: Vec::new(),
            quantiles: Vec::new(),
            capacity: Vec::new(),
            memory: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Checks, before any work is done, that a run can be saved in `directory`.
    ///
    /// # Errors
    /// The error with which [`save`](StoredRun::save) would fail now;
    /// [`io::ErrorKind::AlreadyExists`] if `directory` has a run that must be kept.
    pub fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
        folder::prepare(directory, earlier)
    }

    /// Writes the run to `directory`, where it replaces an earlier one, and returns the folder of
    /// the run. A stopped run stays under `unfinished/` if `directory` has a complete one.
    ///
    /// # Errors
    /// The error of creating the directory or of writing a file; the earlier run is then intact.
    pub fn save(&self, directory: &Path) -> io::Result<PathBuf> {
        self.save_unfinished(directory)?;
        folder::finish(directory, self.environment.partial)
    }

    /// Writes what there is of a run that still goes on to `directory/unfinished`. An earlier run
    /// stays as it is. So a killed program loses only what it has not yet written.
    ///
    /// # Errors
    /// The error of creating the directory or of writing a file.
    pub fn save_unfinished(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        let unfinished = folder::begin(directory)?;
        save_table(&unfinished.join(MEASUREMENTS), &self.rows)?;
        save_table(&unfinished.join(QUANTILES), &self.quantiles)?;
        save_table(&unfinished.join(CAPACITY), &self.capacity)?;
        save_table(&unfinished.join(MEMORY), &self.memory)?;
        save_table(&unfinished.join(CHECKS), &self.checks)?;
        replace(&unfinished.join(ENVIRONMENT), self.environment.to_json().as_bytes())
    }

    /// Reads the run in `directory`.
    ///
    /// # Errors
    /// [`ReadError`] if there is no run, if a file is malformed, or if files are of different runs.
    pub fn load(directory: &Path) -> Result<StoredRun, ReadError> {
        let environment = Environment::read(&directory.join(ENVIRONMENT))?;
        let measurements = match environment.schema {
            SCHEMA_1 => MEASUREMENTS_1,
            _ => MEASUREMENTS,
        };
        let mut rows =
            load_table(directory, measurements, &environment, |row: &MeasurementRow| &row.run)?;
        rows.iter_mut().for_each(|row| row.derive_workload(environment.cores));
        let quantiles =
            load_table(directory, QUANTILES, &environment, |row: &QuantileRow| &row.run)?;
        complete_from_quantiles(&mut rows, &quantiles);
        Ok(StoredRun {
            rows,
            quantiles,
            capacity: load_table(directory, CAPACITY, &environment, |row: &CapacityRow| &row.run)?,
            memory: load_table(directory, MEMORY, &environment, |row: &MemoryRow| &row.run)?,
            checks: load_table(directory, CHECKS, &environment, |row: &CheckRow| &row.run)?,
            environment,
        })
    }

    /// Returns the directories below `results` that contain a run, sorted by name; none if
    /// `results` does not exist.
    ///
    /// # Errors
    /// The error of listing a directory.
    pub fn find(results: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        if !results.is_dir() {
            return Ok(found);
        }
        for machine in directories(results)? {
            found.extend(
                directories(&machine)?.into_iter().filter(|run| run.join(ENVIRONMENT).exists()),
            );
        }
        found.sort();
        Ok(found)
    }
}

fn save_table<T: Serialize>(file: &Path, rows: &[T]) -> io::Result<()> {
    match rows.is_empty() {
        true => Ok(()),
        false => replace(file, &table(rows)),
    }
}

/// Copies response times at p75, p90 and p95 to rows that are older than these columns.
fn complete_from_quantiles(rows: &mut [MeasurementRow], quantiles: &[QuantileRow]) {
    type Key<'a> = (u32, u32, &'a str, &'a str, Role);
    let responses = quantiles.iter().filter(|row| row.time_kind == TimeKind::Response);
    let by_key: HashMap<Key<'_>, &QuantileRow> = responses
        .map(|row| ((row.fork, row.block, &*row.scenario, &*row.strategy, row.role), row))
        .collect();
    for row in rows.iter_mut().filter(|row| row.response_ns_p75 == 0) {
        let key = (row.fork, row.block, &*row.scenario, &*row.strategy, row.role);
        if let Some(times) = by_key.get(&key) {
            row.response_ns_p75 = times.ns_p75;
            row.response_ns_p90 = times.ns_p90;
            row.response_ns_p95 = times.ns_p95;
        }
    }
}

/// Reads the rows of one file of a run; none if the file does not exist.
fn load_table<T: DeserializeOwned>(
    directory: &Path,
    name: &str,
    environment: &Environment,
    run: impl Fn(&T) -> &String,
) -> Result<Vec<T>, ReadError> {
    let file = directory.join(name);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let rows = read_table(&file)?;
    match rows.iter().position(|row| *run(row) != environment.run) {
        None => Ok(rows),
        Some(other) => {
            let reason = format!("this row is of another run than {}", environment.run);
            Err(ReadError { file, line: other as u64 + 2, reason })
        }
    }
}

fn directories(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        if path.is_dir() {
            paths.push(path);
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    use crate::{Role, SCHEMA, TimeKind, sample};

    /// A run with a row in each table.
    fn run_with_all_tables() -> StoredRun {
        let mut run = sample::run(&[sample::row("mutex", 0, 5)]);
        run.quantiles = vec![QuantileRow {
            schema: SCHEMA,
            run: run.environment.run.clone(),
            fork: 0,
            block: 0,
            scenario: "memory/users=1".to_owned(),
            strategy: "mutex".to_owned(),
            role: Role::Contender,
            time_kind: TimeKind::Response,
            samples: 1,
            ns_p10: 1,
            ns_p25: 2,
            ns_p50: 3,
            ns_p75: 4,
            ns_p90: 5,
            ns_p95: 6,
            ns_p99: 7,
            ns_p995: 8,
            ns_p999: 9,
            ns_p9995: 10,
            ns_p9999: 11,
            ns_p99999: 12,
            ns_max: 13,
        }];
        run.capacity = vec![sample::probe("mutex", 0, 50_000.0, true)];
        run.memory = vec![sample::memory("mutex", 10_000, 0, 640_000)];
        run.checks = vec![sample::check("mutex", "no_lost_updates", 3, 1)];
        run.checks[0].violation = "adversary: \"5\", where 7 was owed".to_owned();
        run
    }

    /// Every column must be documented, and every documented column must exist. The headers are
    /// also in a file, so that a rename shows in the diff.
    #[test]
    fn headers_and_schema_page_agree() {
        let scratch = tempfile::tempdir().unwrap();
        run_with_all_tables().save(&scratch.path().join("run")).unwrap();
        let page = include_str!("../../../results/SCHEMA.md");
        let golden = include_str!("../../../tests/expected/headers.txt");
        for file in [MEASUREMENTS, QUANTILES, CAPACITY, MEMORY, CHECKS] {
            let text = fs::read_to_string(scratch.path().join("run").join(file)).unwrap();
            let header = text.lines().next().unwrap();
            assert!(golden.lines().any(|line| line == format!("{file}: {header}")), "{header}");

            let section = page.split("\n## ").find(|part| part.starts_with(&format!("`{file}`")));
            let section = section.unwrap_or_else(|| panic!("{file} has no section"));
            let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
            let documented: Vec<&str> = rows.filter_map(|line| line.split('`').next()).collect();
            assert_eq!(documented, header.split(',').collect::<Vec<_>>(), "{file}");
            assert_eq!(documented.iter().collect::<BTreeSet<_>>().len(), documented.len());
        }
        assert_eq!(golden.lines().count(), 5);
        assert!(page.contains(&format!("Schema version {SCHEMA}")));
    }

    /// Every table must be read back unchanged, with quotes in its texts.
    #[test]
    fn every_table_is_read_back_unchanged() {
        let scratch = tempfile::tempdir().unwrap();
        let run = run_with_all_tables();
        run.save(&scratch.path().join("run")).unwrap();
        assert_eq!(StoredRun::load(&scratch.path().join("run")), Ok(run));
    }

    /// A program that is killed between two blocks leaves every written row, and the earlier run.
    #[test]
    fn a_run_that_goes_on_is_written_beside_the_earlier_one() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/capacity");
        let before = sample::run(&[sample::row("mutex", 0, 5)]);
        before.save(&directory).unwrap();
        let mut run = sample::run(&[]);
        run.capacity = vec![sample::probe("cas", 0, 1e6, true)];
        run.save_unfinished(&directory).unwrap();
        assert_eq!(StoredRun::load(&directory), Ok(before));
        assert_eq!(StoredRun::load(&directory.join(folder::UNFINISHED)), Ok(run));
    }

    /// A saved run is found and loaded, and a second run replaces the first.
    #[test]
    fn a_saved_run_is_found_and_loaded() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        StoredRun::prepare(&directory, Earlier::Keep).unwrap();
        let mut run = sample::run(&[]);
        run.save(&directory).unwrap();
        run.environment.resumed = 1;
        run.rows = sample::run(&[sample::row("mutex", 0, 5)]).rows;
        run.save(&directory).unwrap();
        assert_eq!(StoredRun::find(scratch.path()).unwrap(), std::slice::from_ref(&directory));
        assert_eq!(StoredRun::load(&directory), Ok(run));
        assert_eq!(StoredRun::find(&scratch.path().join("none")).unwrap(), Vec::<PathBuf>::new());
    }

    /// Rows of one run beside the environment of another would be published with false conditions.
    #[test]
    fn rows_of_another_run_are_rejected() {
        let scratch = tempfile::tempdir().unwrap();
        let mut run = sample::run(&[sample::row("mutex", 0, 5), sample::row("queue", 0, 5)]);
        run.rows[1].run = "other".to_owned();
        run.save(&scratch.path().join("run")).unwrap();
        let error = StoredRun::load(&scratch.path().join("run")).unwrap_err();
        let reason = "this row is of another run than made-up";
        assert_eq!((error.line, error.reason.as_str()), (3, reason));
    }
}
