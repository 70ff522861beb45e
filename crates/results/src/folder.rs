//! The folder of a run, and how a new run replaces an earlier one.
//!
//! ```text
//! DIR             a complete run, or a stopped run if there is no complete one
//! DIR/unfinished  a run that is being written, was killed, or was stopped before its end
//! DIR/finished    a complete run whose files are being copied to DIR
//! ```
//!
//! A run is written under `unfinished`. When it is complete, one rename makes it `finished`, and
//! then its files are copied to DIR. A program that finds `finished` copies them again, so a crash
//! cannot permanently mix files of the earlier and the new run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Environment, check_writable, replace,
    schema1::MEASUREMENTS_1,
    stored_run::{CAPACITY, CHECKS, ENVIRONMENT, MEASUREMENTS, MEMORY, QUANTILES},
};

/// The subfolder of a run that is not complete.
pub(super) const UNFINISHED: &str = "unfinished";

/// The subfolder of a complete run that is not yet copied to its folder.
const FINISHED: &str = "finished";

/// All files of a run. The environment is the last: it exists only if the others are complete.
const FILES: [&str; 7] =
    [MEASUREMENTS, MEASUREMENTS_1, QUANTILES, CAPACITY, MEMORY, CHECKS, ENVIRONMENT];

/// What to do with an existing run when another one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// Keep it, and do not start another one.
    Keep,
    /// Keep it until the new run is complete, then replace it.
    Overwrite,
}

/// Checks that a run can be written to `directory`.
///
/// # Errors
/// The error of creating the folder or of writing in it now; [`io::ErrorKind::AlreadyExists`] if it
/// has a run that must be kept.
pub(super) fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    settle(directory)?;
    for file in FILES {
        check_writable(&directory.join(file))?;
    }
    let has_run = |folder: &Path| FILES.iter().any(|file| folder.join(file).exists());
    let found = match earlier {
        Earlier::Overwrite => return Ok(()),
        Earlier::Keep if has_run(&directory.join(UNFINISHED)) => "an unfinished run",
        Earlier::Keep if has_run(directory) => "a run",
        Earlier::Keep => return Ok(()),
    };
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("the folder has {found}")))
}

/// Creates and returns the empty folder for the files of a new run.
pub(super) fn begin(directory: &Path) -> io::Result<PathBuf> {
    settle(directory)?;
    let unfinished = directory.join(UNFINISHED);
    fs::create_dir_all(&unfinished)?;
    for file in FILES {
        remove_if_exists(&unfinished.join(file))?;
    }
    Ok(unfinished)
}

/// Moves the unfinished run to `directory`, and returns the folder it is in. A stopped run stays
/// under `unfinished` if `directory` has a complete one.
pub(super) fn finish(directory: &Path, is_partial: bool) -> io::Result<PathBuf> {
    let unfinished = directory.join(UNFINISHED);
    if is_partial && has_complete_run(directory) {
        for file in FILES.map(|file| unfinished.join(file)) {
            // A table without rows has no file.
            if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
                fs::remove_file(file)?;
            }
        }
        return Ok(unfinished);
    }
    fs::rename(unfinished, directory.join(FINISHED))?;
    settle(directory)?;
    Ok(directory.to_owned())
}

/// Returns whether `directory` has a complete run. A run whose environment cannot be read counts as
/// complete, so that it is kept.
fn has_complete_run(directory: &Path) -> bool {
    let environment = directory.join(ENVIRONMENT);
    match Environment::read(&environment) {
        Ok(environment) => !environment.partial,
        Err(_) => FILES.iter().any(|file| directory.join(file).exists()),
    }
}

/// Copies the run under `finished`, if there is one, to `directory`, and removes `finished`. So an
/// interrupted copy is completed.
pub(super) fn settle(directory: &Path) -> io::Result<()> {
    let finished = directory.join(FINISHED);
    if finished.join(ENVIRONMENT).exists() {
        for file in FILES {
            let (from, to) = (finished.join(file), directory.join(file));
            match fs::read(from) {
                Ok(bytes) if !bytes.is_empty() => replace(&to, &bytes)?,
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // The new run has no such table, so a file of the earlier run must go.
                _ => remove_if_exists(&to)?,
            }
        }
    }
    // The environment first: without it, an interrupted removal is not taken for a finished run.
    for file in FILES.iter().rev() {
        remove_if_exists(&finished.join(file))?;
    }
    match fs::remove_dir(finished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove_if_exists(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::{MeasurementRow, StoredRun, sample};

    fn run(name: &str, partial: bool) -> StoredRun {
        let mut run = sample::run(&[sample::row(name, 0, 5)]);
        run.environment.partial = partial;
        run
    }

    fn strategy_in(directory: &Path) -> String {
        let rows: Vec<MeasurementRow> = StoredRun::load(directory).unwrap().rows;
        rows[0].strategy.clone()
    }

    /// A second run with the same name must not destroy hours of work.
    #[test]
    fn an_existing_run_is_kept_unless_overwrite_is_given() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        prepare(&directory, Earlier::Keep).unwrap();
        run("mutex", false).save(&directory).unwrap();
        let rejected = prepare(&directory, Earlier::Keep).unwrap_err();
        assert_eq!(rejected.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(rejected.to_string(), "the folder has a run");
        prepare(&directory, Earlier::Overwrite).unwrap();
        assert_eq!(strategy_in(&directory), "mutex");
        for file in FILES.iter().filter(|file| **file != MEASUREMENTS) {
            remove_if_exists(&directory.join(file)).unwrap();
        }
        assert!(prepare(&directory, Earlier::Keep).is_err(), "rows alone are also a run");
        fs::create_dir_all(directory.join("plots")).unwrap();
        remove_if_exists(&directory.join(MEASUREMENTS)).unwrap();
        prepare(&directory, Earlier::Keep).unwrap();
    }

    /// A run that was stopped after a second must not replace one that took an hour: it is kept
    /// beside it. Without a complete run, the stopped one is in the folder itself.
    #[test]
    fn a_stopped_run_does_not_replace_a_complete_one() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        assert_eq!(run("cas", true).save(&directory).unwrap(), directory);
        assert_eq!(run("queue", true).save(&directory).unwrap(), directory);
        assert_eq!(strategy_in(&directory), "queue");
        assert_eq!(run("mutex", false).save(&directory).unwrap(), directory);
        let beside = directory.join(UNFINISHED);
        assert_eq!(run("cas", true).save(&directory).unwrap(), beside);
        assert_eq!((strategy_in(&directory), strategy_in(&beside)), ("mutex".into(), "cas".into()));
        fs::write(directory.join(ENVIRONMENT), "newer").unwrap();
        assert_eq!(run("cas", true).save(&directory).unwrap(), beside);
        assert_eq!(run("queue", false).save(&directory).unwrap(), directory);
        assert!(!beside.exists());
    }

    /// After a crash between two files, the next program completes the copy.
    #[test]
    fn a_finished_run_is_copied_after_a_crash() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        let mut earlier = run("mutex", false);
        earlier.memory = vec![sample::memory("mutex", 10_000, 0, 640_000)];
        earlier.save(&directory).unwrap();
        run("cas", false).save(&directory.join(FINISHED)).unwrap();
        fs::copy(directory.join(FINISHED).join(MEASUREMENTS), directory.join(MEASUREMENTS))
            .unwrap();
        settle(&directory).unwrap();
        let loaded = StoredRun::load(&directory);
        assert_eq!(loaded, Ok(run("cas", false)), "without the memory.csv of the earlier run");
        assert!(!directory.join(FINISHED).exists());
        settle(&directory).unwrap();
        assert_eq!(strategy_in(&directory), "cas");
        // A crash during the removal: nothing is copied again, and the run stays complete.
        fs::create_dir(directory.join(FINISHED)).unwrap();
        fs::write(directory.join(FINISHED).join(QUANTILES), "").unwrap();
        settle(&directory).unwrap();
        assert_eq!(strategy_in(&directory), "cas");
        assert!(!directory.join(FINISHED).exists());
    }
}
