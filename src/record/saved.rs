//! A run in a directory of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    CheckRow, Earlier, Environment, MemoryRow, QuantileRow, ReadError, Row, folder, replace,
    rounds::{read_table, table},
};

pub(super) const ENVIRONMENT: &str = "env.json";
pub(super) const ROUNDS: &str = "rounds.csv";
pub(super) const QUANTILES: &str = "quantiles.csv";
pub(super) const MEMORY: &str = "memory.csv";
pub(super) const CHECKS: &str = "checks.csv";

/// Everything that is kept of one run. What a run has nothing of is empty, and has no file.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// What it was measured on.
    pub environment: Environment,
    /// What was measured, in the order in which it was.
    pub rows: Vec<Row>,
    /// The tails of those measurements whose requests were all timed.
    pub quantiles: Vec<QuantileRow>,
    /// What strategies cost in memory.
    pub memory: Vec<MemoryRow>,
    /// What strategies were proved to keep.
    pub checks: Vec<CheckRow>,
}

impl SavedRun {
    /// A run that has nothing yet.
    pub fn empty(environment: Environment) -> SavedRun {
        let (rows, quantiles, memory, checks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        SavedRun { environment, rows, quantiles, memory, checks }
    }

    /// Makes sure, before any work is done, that a run can be saved in `directory`.
    ///
    /// # Errors
    /// As [`save`](SavedRun::save) would fail now; [`io::ErrorKind::AlreadyExists`] where a run is
    /// there that is to be kept.
    pub fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
        folder::prepare(directory, earlier)
    }

    /// Writes the run into `directory`, in place of the one that is there, and gives the folder where
    /// it lies: a run that was stopped stays under `unfinished/` beside one that was not.
    ///
    /// # Errors
    /// As making the directory or writing a file fails; the run that was there is then whole.
    pub fn save(&self, directory: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(directory)?;
        let unfinished = folder::begin(directory)?;
        save_table(&unfinished.join(ROUNDS), &self.rows)?;
        save_table(&unfinished.join(QUANTILES), &self.quantiles)?;
        save_table(&unfinished.join(MEMORY), &self.memory)?;
        save_table(&unfinished.join(CHECKS), &self.checks)?;
        replace(&unfinished.join(ENVIRONMENT), self.environment.to_json().as_bytes())?;
        folder::finish(directory, self.environment.partial)
    }

    /// Reads the run that is in `directory`.
    ///
    /// # Errors
    /// [`ReadError`] where there is none, or a file is malformed, or not all are of one run.
    pub fn load(directory: &Path) -> Result<SavedRun, ReadError> {
        let environment = Environment::read(&directory.join(ENVIRONMENT))?;
        Ok(SavedRun {
            rows: load_table(directory, ROUNDS, &environment, |row: &Row| &row.run)?,
            quantiles: load_table(directory, QUANTILES, &environment, |row: &QuantileRow| {
                &row.run
            })?,
            memory: load_table(directory, MEMORY, &environment, |row: &MemoryRow| &row.run)?,
            checks: load_table(directory, CHECKS, &environment, |row: &CheckRow| &row.run)?,
            environment,
        })
    }

    /// The directories below `results` that hold a run, in the order of their names.
    ///
    /// # Errors
    /// As listing fails; that `results` does not exist is no error.
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

/// The rows of one file of a run; none if it is not there.
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
        Some(stranger) => {
            let reason = format!("not of run {}, as {ENVIRONMENT} is", environment.run);
            Err(ReadError { file, line: stranger as u64 + 2, reason })
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
    use crate::{
        record::{Clocked, Role, SCHEMA, sample},
        scratch::Scratch,
    };

    /// A row of each table.
    fn full() -> SavedRun {
        let mut run = sample::run(&[sample::row("mutex", 0, 5)]);
        run.quantiles = vec![QuantileRow {
            schema: SCHEMA,
            run: run.environment.run.clone(),
            process: 0,
            block: 0,
            cell: "slab/users=1".to_owned(),
            strategy: "mutex".to_owned(),
            role: Role::Contender,
            clocked: Clocked::Response,
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
        run.memory = vec![sample::memory("mutex", 10_000, 0, 640_000)];
        run.checks = vec![sample::check("mutex", "every_charge_is_applied", 3, 1)];
        run.checks[0].violation = "adversary: \"5\", where 7 was owed".to_owned();
        run
    }

    /// A column that is not documented cannot be cited, and one that is documented and not there
    /// sends a reader looking. Headers are written out in a file so that no rename goes unnoticed.
    #[test]
    fn headers_and_schema_page_agree() {
        let scratch = Scratch::new("headers");
        full().save(&scratch.path("run")).unwrap();
        let page = include_str!("../../results/SCHEMA.md");
        let golden = include_str!("../../tests/expected/headers.txt");
        for file in [ROUNDS, QUANTILES, MEMORY, CHECKS] {
            let text = fs::read_to_string(scratch.path("run").join(file)).unwrap();
            let header = text.lines().next().unwrap();
            assert!(golden.lines().any(|line| line == format!("{file}: {header}")), "{header}");

            let section = page.split("\n## ").find(|part| part.starts_with(&format!("`{file}`")));
            let section = section.unwrap_or_else(|| panic!("{file} has no section"));
            let cells = section.lines().filter_map(|line| line.strip_prefix("| `"));
            let documented: Vec<&str> = cells.filter_map(|line| line.split('`').next()).collect();
            assert_eq!(documented, header.split(',').collect::<Vec<_>>(), "{file}");
            assert_eq!(documented.iter().collect::<BTreeSet<_>>().len(), documented.len());
        }
        assert_eq!(golden.lines().count(), 4);
        assert!(page.contains(&format!("Schema version {SCHEMA}")));
    }

    /// What is proved and what memory costs must come back as it was written, quotes and all.
    #[test]
    fn every_table_comes_back() {
        let scratch = Scratch::new("tables");
        let run = full();
        run.save(&scratch.path("run")).unwrap();
        assert_eq!(SavedRun::load(&scratch.path("run")), Ok(run));
    }

    /// What is saved is what is found and loaded, and a second run takes the first one's place.
    #[test]
    fn a_run_comes_back_from_its_directory() {
        let scratch = Scratch::new("saved");
        let directory = scratch.path("box/quick");
        SavedRun::prepare(&directory, Earlier::Keep).unwrap();
        let mut run = sample::run(&[]);
        run.save(&directory).unwrap();
        run.environment.resumed = 1;
        run.rows = vec![sample::row("mutex", 0, 5)];
        run.save(&directory).unwrap();
        assert_eq!(SavedRun::find(&scratch.path("")).unwrap(), std::slice::from_ref(&directory));
        assert_eq!(SavedRun::load(&directory), Ok(run));
        assert_eq!(SavedRun::find(&scratch.path("none")).unwrap(), Vec::<PathBuf>::new());
    }

    /// Rows of one run beside the environment of another would be published with the wrong means.
    #[test]
    fn rows_of_another_run_are_refused() {
        let scratch = Scratch::new("mixed");
        let mut run = sample::run(&[sample::row("mutex", 0, 5), sample::row("queue", 0, 5)]);
        run.rows[1].run = "other".to_owned();
        run.save(&scratch.path("run")).unwrap();
        let error = SavedRun::load(&scratch.path("run")).unwrap_err();
        assert_eq!((error.line, error.reason.as_str()), (3, "not of run made-up, as env.json is"));
    }
}
