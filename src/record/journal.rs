//! A run as it is written down: while it is measured, round by round.
//!
//! What is measured stands under `unfinished/` beside the run that was there before, and takes its
//! place when it is complete. A program that is killed, or a disk that is full, loses the round that
//! was being measured and nothing else: the earlier run is whole, and the new one can be taken up
//! again where it was left.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use csv::{Writer, WriterBuilder};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Earlier, Environment, QuantileRow, ReadError, Row, SavedRun,
    folder::{self, UNFINISHED},
    replace,
    rounds::read_as_far_as_it_goes,
    saved::{ENVIRONMENT, QUANTILES, ROUNDS},
};

/// A run that is being written down.
pub struct Journal {
    directory: PathBuf,
    rounds: Writer<File>,
    quantiles: Writer<File>,
}

impl Journal {
    /// Why rows of a round that was interrupted do not count: another with the same number stands in
    /// for it.
    pub const INTERRUPTED: &str = "the run was interrupted";

    /// Makes sure, before any work is done, that a run can be kept in `directory`.
    ///
    /// # Errors
    /// As writing there fails now; [`io::ErrorKind::AlreadyExists`] where a run is there that is to be
    /// kept.
    pub fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
        folder::prepare(directory, earlier)
    }

    /// Begins a run.
    ///
    /// # Errors
    /// As making the files fails.
    pub fn begin(directory: &Path, environment: &Environment) -> io::Result<Journal> {
        folder::begin(directory)?;
        Journal::with(directory, environment, &[], &[])
    }

    /// Takes up the run that `directory` has: the unfinished one, or else one that was stopped.
    /// Rounds for which `is_whole` does not hold are kept and do not count.
    ///
    /// # Errors
    /// [`ReadError`] where there is no such run, or it was of another plan, program or machine, or
    /// the files cannot be written.
    pub fn resume(
        directory: &Path,
        now: &Environment,
        is_whole: impl Fn(&[&Row]) -> bool,
    ) -> Result<(Journal, SavedRun), ReadError> {
        let unfinished = directory.join(UNFINISHED);
        let failed = |error: io::Error| ReadError::of_file(&unfinished, &error);
        folder::settle(directory).map_err(failed)?;
        let from = if unfinished.exists() { unfinished.as_path() } else { directory };
        let environment = Environment::read(&from.join(ENVIRONMENT))?;
        if let Some(reason) = environment.differs_from(now) {
            let file = from.join(ENVIRONMENT);
            return Err(ReadError { file, line: 0, reason });
        }
        let mut rows: Vec<Row> = rows_of(&from.join(ROUNDS))?;
        let quantiles = rows_of(&from.join(QUANTILES))?;
        interrupt(&mut rows, is_whole);
        let environment = Environment { resumed: environment.resumed + 1, ..environment };
        let journal = Journal::with(directory, &environment, &rows, &quantiles).map_err(failed)?;
        Ok((journal, SavedRun { rows, quantiles, ..SavedRun::empty(environment) }))
    }

    fn with(
        directory: &Path,
        environment: &Environment,
        rows: &[Row],
        quantiles: &[QuantileRow],
    ) -> io::Result<Journal> {
        let unfinished = directory.join(UNFINISHED);
        fs::create_dir_all(&unfinished)?;
        replace(&unfinished.join(ENVIRONMENT), environment.to_json().as_bytes())?;
        Ok(Journal {
            directory: directory.to_owned(),
            rounds: started(&unfinished.join(ROUNDS), rows)?,
            quantiles: started(&unfinished.join(QUANTILES), quantiles)?,
        })
    }

    /// Writes down a round, so that it is there whatever happens next.
    ///
    /// # Errors
    /// As writing fails, as on a full disk; what was written before stands.
    pub fn append(&mut self, rows: &[Row], quantiles: &[QuantileRow]) -> io::Result<()> {
        write_down(&mut self.quantiles, quantiles)?;
        write_down(&mut self.rounds, rows)
    }

    /// Puts the run in the place of the one that was there, and gives the folder where it lies: a
    /// run that was stopped stays under `unfinished/` beside one that was not.
    ///
    /// # Errors
    /// As writing or renaming fails; what is not renamed yet stays unfinished.
    pub fn finish(self, environment: &Environment) -> io::Result<PathBuf> {
        let Journal { directory, rounds, quantiles } = self;
        for writer in [rounds, quantiles] {
            let file = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
            file.sync_all()?;
        }
        let environment_file = directory.join(UNFINISHED).join(ENVIRONMENT);
        replace(&environment_file, environment.to_json().as_bytes())?;
        folder::finish(&directory, environment.partial)
    }
}

/// The rows of a file that may have been cut off, or may not be there since the run had none.
fn rows_of<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, ReadError> {
    match file.exists() {
        true => read_as_far_as_it_goes(file),
        false => Ok(Vec::new()),
    }
}

/// Marks the rows of rounds that are not whole.
fn interrupt(rows: &mut [Row], is_whole: impl Fn(&[&Row]) -> bool) {
    let name = |row: &Row| (row.process, row.block, row.cell.clone());
    let mut rounds: Vec<_> = rows.iter().map(name).collect();
    rounds.sort();
    rounds.dedup();
    for round in rounds {
        let of_round = |row: &&Row| row.invalid != Journal::INTERRUPTED && name(row) == round;
        let whole = is_whole(&rows.iter().filter(of_round).collect::<Vec<_>>());
        for row in rows.iter_mut().filter(|row| !whole && name(row) == round) {
            row.invalid = Journal::INTERRUPTED.to_owned();
        }
    }
}

/// A file that has these rows, and to which others are added.
fn started<T: Serialize>(path: &Path, rows: &[T]) -> io::Result<Writer<File>> {
    let mut bytes = Writer::from_writer(Vec::new());
    for row in rows {
        bytes.serialize(row).map_err(io::Error::other)?;
    }
    let bytes = bytes.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    replace(path, &bytes)?;
    let file = OpenOptions::new().append(true).open(path)?;
    Ok(WriterBuilder::new().has_headers(rows.is_empty()).from_writer(file))
}

fn write_down<T: Serialize>(writer: &mut Writer<File>, rows: &[T]) -> io::Result<()> {
    for row in rows {
        writer.serialize(row).map_err(io::Error::other)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::sample, scratch::Scratch};

    const BOTH: [&str; 2] = ["mutex", "queue"];

    /// A block of both.
    fn block(number: u32) -> Vec<Row> {
        BOTH.map(|name| sample::row(name, number, 5)).to_vec()
    }

    fn whole(rows: &[&Row]) -> bool {
        rows.len() == BOTH.len()
    }

    fn environment() -> Environment {
        sample::run(&[]).environment
    }

    fn rounds(directory: &Path) -> PathBuf {
        directory.join(UNFINISHED).join(ROUNDS)
    }

    /// Until a run is done the one before it stands; then it is replaced, and nothing is left over.
    #[test]
    fn a_run_takes_its_place_when_it_is_done() {
        let scratch = Scratch::new("journal");
        let directory = scratch.path("box/quick");
        let before = sample::run(&block(7));
        before.save(&directory).unwrap();
        Journal::prepare(&directory, Earlier::Overwrite).unwrap();
        let mut journal = Journal::begin(&directory, &environment()).unwrap();
        journal.append(&block(0), &[]).unwrap();
        assert_eq!(SavedRun::load(&directory), Ok(before));
        journal.append(&block(1), &[]).unwrap();
        journal.finish(&environment()).unwrap();
        let run = SavedRun::load(&directory).unwrap();
        assert_eq!(run.rows, [block(0), block(1)].concat());
        assert!(!directory.join(UNFINISHED).exists());
    }

    /// Killed in the middle of a line: what was whole counts, what was begun is kept and does not,
    /// and a run that begins anew does not run over it.
    #[test]
    fn a_run_that_was_killed_is_taken_up_again() {
        let scratch = Scratch::new("killed");
        let directory = scratch.path("box/quick");
        let mut journal = Journal::begin(&directory, &environment()).unwrap();
        journal.append(&block(0), &[]).unwrap();
        journal.append(&block(1)[..1], &[]).unwrap();
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(rounds(&directory)).unwrap();
        io::Write::write_all(&mut file, b"1,made-up,0,1,1,\"slab/us").unwrap();

        let refused = Journal::prepare(&directory, Earlier::Keep).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        let (mut journal, run) = Journal::resume(&directory, &environment(), whole).unwrap();
        let invalid: Vec<&str> = run.rows.iter().map(|row| row.invalid.as_str()).collect();
        assert_eq!(invalid, ["", "", Journal::INTERRUPTED]);
        assert_eq!(run.environment.resumed, 1);
        journal.append(&block(1), &[]).unwrap();
        journal.finish(&run.environment).unwrap();
        let rows = SavedRun::load(&directory).unwrap().rows;
        assert_eq!(rows.len(), 5);
        assert_eq!(rows.iter().filter(|row| row.counts()).count(), 4);
    }

    /// A run that was stopped by its user is taken up from its own place.
    #[test]
    fn a_run_that_was_stopped_is_taken_up_again() {
        let scratch = Scratch::new("stopped");
        let directory = scratch.path("box/quick");
        sample::run(&block(0)).save(&directory).unwrap();
        let (_, run) = Journal::resume(&directory, &environment(), whole).unwrap();
        assert_eq!(run.rows, block(0));
    }

    /// Half a run of one plan and half of another would be published as one.
    #[test]
    fn a_run_of_something_else_is_not_taken_up() {
        let scratch = Scratch::new("other");
        let directory = scratch.path("box/quick");
        sample::run(&block(0)).save(&directory).unwrap();
        let now = Environment { plan: "other".to_owned(), ..environment() };
        let refused = Journal::resume(&directory, &now, whole).err().unwrap().to_string();
        assert!(refused.contains("begun with plan ``, and this is `other`"), "{refused}");
        let now = Environment { cores: environment().cores + 1, ..environment() };
        let refused = Journal::resume(&directory, &now, whole).err().unwrap().to_string();
        assert!(refused.contains("cores to use, and these are"), "{refused}");
        let nothing = Journal::resume(&scratch.path("none"), &now, whole).err().unwrap();
        assert!(nothing.to_string().contains("env.json"), "{nothing}");
    }

    /// A disk that is full is told, and what was on it stays readable.
    #[test]
    fn what_cannot_be_written_is_told() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            println!("skipped: this system has no full device");
            return;
        }
        let scratch = Scratch::new("full");
        let directory = scratch.path("box/quick");
        let mut journal = Journal::begin(&directory, &environment()).unwrap();
        journal.append(&block(0), &[]).unwrap();
        let file = OpenOptions::new().write(true).open(full).unwrap();
        journal.rounds = WriterBuilder::new().has_headers(false).from_writer(file);
        let error = journal.append(&block(1), &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        std::mem::forget(journal);
        let (_, run) = Journal::resume(&directory, &environment(), whole).unwrap();
        assert_eq!(run.rows, block(0));
    }
}
