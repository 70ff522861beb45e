//! The folder of one run, and how another run takes its place.
//!
//! ```text
//! DIR             the run that is whole, or was stopped and has no earlier one before it
//! DIR/unfinished  the run that is being written, or was killed, or was stopped before its end
//! DIR/finished    a run that is whole, on its way to DIR; there for a moment only
//! ```
//!
//! A run is written under `unfinished` and is renamed to `finished` in one step when it is complete.
//! From then on its files are copied to DIR, and a program that finds `finished` copies them again:
//! a crash leaves the earlier run or the new one, never some files of each for good.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Environment, check_writable, replace,
    saved::{CHECKS, ENVIRONMENT, MEMORY, QUANTILES, ROUNDS},
};

/// The folder of what is not done, inside that of the run.
pub(super) const UNFINISHED: &str = "unfinished";

/// The folder of what is done and not yet in its place.
const FINISHED: &str = "finished";

/// All files of a run. The environment comes last: it is there only if the others are.
const FILES: [&str; 5] = [ROUNDS, QUANTILES, MEMORY, CHECKS, ENVIRONMENT];

/// What becomes of a run that is there before another begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// It is kept, and another does not begin.
    Keep,
    /// It is kept until the other is complete, and is replaced then.
    Overwrite,
}

/// Makes sure that a run can be written to `directory`.
///
/// # Errors
/// As making the folder or writing in it fails now; [`io::ErrorKind::AlreadyExists`] where a run is
/// there that is to be kept.
pub(super) fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    settle(directory)?;
    for file in FILES {
        check_writable(&directory.join(file))?;
    }
    let has_run = |folder: &Path| FILES.iter().any(|file| folder.join(file).exists());
    let found = match earlier {
        Earlier::Overwrite => return Ok(()),
        Earlier::Keep if has_run(&directory.join(UNFINISHED)) => "a run that was not finished",
        Earlier::Keep if has_run(directory) => "a run",
        Earlier::Keep => return Ok(()),
    };
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("it has {found}")))
}

/// Gives the empty folder for the files of a run that begins.
pub(super) fn begin(directory: &Path) -> io::Result<PathBuf> {
    settle(directory)?;
    let unfinished = directory.join(UNFINISHED);
    fs::create_dir_all(&unfinished)?;
    for file in FILES {
        remove_if_there(&unfinished.join(file))?;
    }
    Ok(unfinished)
}

/// Puts the run that is unfinished in its place, and gives the folder where it lies then: it stays
/// where it is if it was stopped and the run in its place was not.
pub(super) fn finish(directory: &Path, is_partial: bool) -> io::Result<PathBuf> {
    let unfinished = directory.join(UNFINISHED);
    if is_partial && has_whole_run(directory) {
        for file in FILES.map(|file| unfinished.join(file)) {
            // What a run has nothing of has no file.
            if file.metadata().is_ok_and(|there| there.len() == 0) {
                fs::remove_file(file)?;
            }
        }
        return Ok(unfinished);
    }
    fs::rename(unfinished, directory.join(FINISHED))?;
    settle(directory)?;
    Ok(directory.to_owned())
}

/// Whether there is a run that nothing says was stopped. What cannot be read may be one.
fn has_whole_run(directory: &Path) -> bool {
    let environment = directory.join(ENVIRONMENT);
    match Environment::read(&environment) {
        Ok(environment) => !environment.partial,
        Err(_) => FILES.iter().any(|file| directory.join(file).exists()),
    }
}

/// Moves a run that is finished to its place, if there is one, also if that was begun before.
pub(super) fn settle(directory: &Path) -> io::Result<()> {
    let finished = directory.join(FINISHED);
    if finished.join(ENVIRONMENT).exists() {
        for file in FILES {
            let (from, to) = (finished.join(file), directory.join(file));
            match fs::read(from) {
                Ok(bytes) if !bytes.is_empty() => replace(&to, &bytes)?,
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // Also where an earlier run had such a file.
                _ => remove_if_there(&to)?,
            }
        }
    }
    // The environment first: without it nothing is moved again.
    for file in FILES.iter().rev() {
        remove_if_there(&finished.join(file))?;
    }
    match fs::remove_dir(finished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{Row, SavedRun, sample},
        scratch::Scratch,
    };

    fn run(name: &str, partial: bool) -> SavedRun {
        let mut run = sample::run(&[sample::row(name, 0, 5)]);
        run.environment.partial = partial;
        run
    }

    fn of_strategy(directory: &Path) -> String {
        let rows: Vec<Row> = SavedRun::load(directory).unwrap().rows;
        rows[0].strategy.clone()
    }

    /// Hours of work must not be lost to a second run of the same name.
    #[test]
    fn a_run_that_is_there_is_kept_unless_it_is_to_be_overwritten() {
        let scratch = Scratch::new("folder-there");
        let directory = scratch.path("box/quick");
        prepare(&directory, Earlier::Keep).unwrap();
        run("mutex", false).save(&directory).unwrap();
        let refused = prepare(&directory, Earlier::Keep).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(refused.to_string(), "it has a run");
        prepare(&directory, Earlier::Overwrite).unwrap();
        assert_eq!(of_strategy(&directory), "mutex");
        for file in FILES.iter().filter(|file| **file != ROUNDS) {
            remove_if_there(&directory.join(file)).unwrap();
        }
        assert!(prepare(&directory, Earlier::Keep).is_err(), "rows alone are a run as well");
        fs::create_dir_all(directory.join("plots")).unwrap();
        remove_if_there(&directory.join(ROUNDS)).unwrap();
        prepare(&directory, Earlier::Keep).unwrap();
    }

    /// What was stopped after a second must not take the place of what took an hour, and is kept
    /// beside it; where nothing whole is there it has the place.
    #[test]
    fn what_was_stopped_takes_no_place_of_what_was_not() {
        let scratch = Scratch::new("folder-stopped");
        let directory = scratch.path("box/quick");
        assert_eq!(run("cas", true).save(&directory).unwrap(), directory);
        assert_eq!(run("queue", true).save(&directory).unwrap(), directory);
        assert_eq!(of_strategy(&directory), "queue");
        assert_eq!(run("mutex", false).save(&directory).unwrap(), directory);
        let beside = directory.join(UNFINISHED);
        assert_eq!(run("cas", true).save(&directory).unwrap(), beside);
        assert_eq!((of_strategy(&directory), of_strategy(&beside)), ("mutex".into(), "cas".into()));
        fs::write(directory.join(ENVIRONMENT), "newer").unwrap();
        assert_eq!(run("cas", true).save(&directory).unwrap(), beside);
        assert_eq!(run("queue", false).save(&directory).unwrap(), directory);
        assert!(!beside.exists());
    }

    /// A crash between two files is mended by the next program that comes by.
    #[test]
    fn what_is_finished_comes_to_its_place_after_a_crash() {
        let scratch = Scratch::new("folder-crash");
        let directory = scratch.path("box/quick");
        let mut earlier = run("mutex", false);
        earlier.memory = vec![sample::memory("mutex", 10_000, 0, 640_000)];
        earlier.save(&directory).unwrap();
        run("cas", false).save(&directory.join(FINISHED)).unwrap();
        fs::copy(directory.join(FINISHED).join(ROUNDS), directory.join(ROUNDS)).unwrap();
        settle(&directory).unwrap();
        assert_eq!(SavedRun::load(&directory), Ok(run("cas", false)), "with no memory of another");
        assert!(!directory.join(FINISHED).exists());
        settle(&directory).unwrap();
        assert_eq!(of_strategy(&directory), "cas");
        // Cut off while it was cleared away: nothing is moved, and nothing of the run is lost.
        fs::create_dir(directory.join(FINISHED)).unwrap();
        fs::write(directory.join(FINISHED).join(QUANTILES), "").unwrap();
        settle(&directory).unwrap();
        assert_eq!(of_strategy(&directory), "cas");
        assert!(!directory.join(FINISHED).exists());
    }
}
