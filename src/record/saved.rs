//! A run in a directory of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Environment, ReadError, Row, check_writable, read_rows, replace, write_rows};

const ENVIRONMENT: &str = "env.json";
const ROUNDS: &str = "rounds.csv";

/// Everything that is kept of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// What it was measured on.
    pub environment: Environment,
    /// What was measured, in the order in which it was.
    pub rows: Vec<Row>,
}

impl SavedRun {
    /// Makes sure, before any work is done, that a run can be saved in `directory`.
    ///
    /// # Errors
    /// As [`save`](SavedRun::save) would fail now.
    pub fn prepare(directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        check_writable(&directory.join(ENVIRONMENT))?;
        check_writable(&directory.join(ROUNDS))
    }

    /// Writes the run into `directory`, in place of the one that is there.
    ///
    /// # Errors
    /// As making the directory or writing a file fails.
    pub fn save(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        replace(&directory.join(ROUNDS), &write_rows(&self.rows))?;
        replace(&directory.join(ENVIRONMENT), self.environment.to_json().as_bytes())
    }

    /// Reads the run that is in `directory`.
    ///
    /// # Errors
    /// [`ReadError`] where a file is missing or malformed, or the two are not of one run.
    pub fn load(directory: &Path) -> Result<SavedRun, ReadError> {
        let environment = Environment::read(&directory.join(ENVIRONMENT))?;
        let file = directory.join(ROUNDS);
        let rows = read_rows(&file)?;
        match rows.iter().position(|row| row.run != environment.run) {
            Some(stranger) => {
                let reason = format!("not of run {}, as {ENVIRONMENT} is", environment.run);
                Err(ReadError { file, line: stranger as u64 + 2, reason })
            }
            None => Ok(SavedRun { environment, rows }),
        }
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
            found
                .extend(directories(&machine)?.into_iter().filter(|run| run.join(ROUNDS).exists()));
        }
        found.sort();
        Ok(found)
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
    use super::*;
    use crate::{record::sample, scratch::Scratch};

    /// What is saved is what is found and loaded, and a second run takes the first one's place.
    #[test]
    fn a_run_comes_back_from_its_directory() {
        let scratch = Scratch::new("saved");
        let directory = scratch.path("box/quick");
        SavedRun::prepare(&directory).unwrap();
        let mut run = sample::run(&[]);
        run.save(&directory).unwrap();
        run.environment.partial = true;
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
