//! Writes a run to disk block by block while it is measured.
//!
//! The new run is written under `unfinished/` beside the earlier run, and replaces it when it is
//! complete. A killed program or a full disk loses only the block that was being measured: the
//! earlier run stays intact, and the new one can be resumed.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use csv::{Writer, WriterBuilder};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Earlier, Environment, MeasurementRow, QuantileRow, ReadError, StoredRun,
    folder::{self, UNFINISHED},
    replace,
    rounds::read_complete_lines,
    stored_run::{ENVIRONMENT, MEASUREMENTS, QUANTILES},
};

/// A run that is being written.
pub struct RunWriter {
    directory: PathBuf,
    measurements: Writer<File>,
    quantiles: Writer<File>,
}

impl RunWriter {
    /// The reason for excluding the rows of an interrupted block. The resumed run repeats the block
    /// with the same number.
    pub const INTERRUPTED: &str = "the run was interrupted";

    /// Checks, before any work is done, that a run can be written to `directory`.
    ///
    /// # Errors
    /// The error of writing there now; [`io::ErrorKind::AlreadyExists`] if `directory` has a run
    /// that must be kept.
    pub fn prepare(directory: &Path, earlier: Earlier) -> io::Result<()> {
        folder::prepare(directory, earlier)
    }

    /// Starts a new run.
    ///
    /// # Errors
    /// The error of creating the files.
    pub fn begin(directory: &Path, environment: &Environment) -> io::Result<RunWriter> {
        folder::begin(directory)?;
        RunWriter::with_rows(directory, environment, &[], &[])
    }

    /// Resumes the run in `directory`: the unfinished one, or else a stopped one. Rows of blocks
    /// that `is_complete` rejects are kept and excluded.
    ///
    /// # Errors
    /// [`ReadError`] if there is no such run, if it has another plan, program or machine, or if the
    /// files cannot be written.
    pub fn resume(
        directory: &Path,
        now: &Environment,
        is_complete: impl Fn(&[&MeasurementRow]) -> bool,
    ) -> Result<(RunWriter, StoredRun), ReadError> {
        let unfinished = directory.join(UNFINISHED);
        let failed = |error: io::Error| ReadError::of_file(&unfinished, &error);
        folder::settle(directory).map_err(failed)?;
        let from = if unfinished.exists() { unfinished.as_path() } else { directory };
        let environment = Environment::read(&from.join(ENVIRONMENT))?;
        if let Some(reason) = environment.differs_from(now) {
            let file = from.join(ENVIRONMENT);
            return Err(ReadError { file, line: 0, reason });
        }
        let mut rows: Vec<MeasurementRow> = read_if_exists(&from.join(MEASUREMENTS))?;
        let quantiles = read_if_exists(&from.join(QUANTILES))?;
        exclude_interrupted(&mut rows, is_complete);
        let environment = Environment { resumed: environment.resumed + 1, ..environment };
        let writer =
            RunWriter::with_rows(directory, &environment, &rows, &quantiles).map_err(failed)?;
        Ok((writer, StoredRun { rows, quantiles, ..StoredRun::empty(environment) }))
    }

    fn with_rows(
        directory: &Path,
        environment: &Environment,
        rows: &[MeasurementRow],
        quantiles: &[QuantileRow],
    ) -> io::Result<RunWriter> {
        let unfinished = directory.join(UNFINISHED);
        fs::create_dir_all(&unfinished)?;
        replace(&unfinished.join(ENVIRONMENT), environment.to_json().as_bytes())?;
        Ok(RunWriter {
            directory: directory.to_owned(),
            measurements: open_table(&unfinished.join(MEASUREMENTS), rows)?,
            quantiles: open_table(&unfinished.join(QUANTILES), quantiles)?,
        })
    }

    /// Appends the rows of a block and flushes them, so that a later crash does not lose them.
    ///
    /// # Errors
    /// The error of writing, for example on a full disk; earlier blocks stay on disk.
    pub fn append(&mut self, rows: &[MeasurementRow], quantiles: &[QuantileRow]) -> io::Result<()> {
        append_rows(&mut self.quantiles, quantiles)?;
        append_rows(&mut self.measurements, rows)
    }

    /// Replaces the earlier run with this one, and returns the folder of the run. A stopped run
    /// stays under `unfinished/` if the earlier run is complete.
    ///
    /// # Errors
    /// The error of writing or renaming; a run that is not renamed yet stays unfinished.
    pub fn finish(self, environment: &Environment) -> io::Result<PathBuf> {
        let RunWriter { directory, measurements, quantiles } = self;
        for writer in [measurements, quantiles] {
            let file = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
            file.sync_all()?;
        }
        let environment_file = directory.join(UNFINISHED).join(ENVIRONMENT);
        replace(&environment_file, environment.to_json().as_bytes())?;
        folder::finish(&directory, environment.partial)
    }
}

/// Reads the complete rows of a file, whose last line may be truncated; none if it does not exist.
fn read_if_exists<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, ReadError> {
    match file.exists() {
        true => read_complete_lines(file),
        false => Ok(Vec::new()),
    }
}

/// Excludes the rows of blocks that are not complete.
fn exclude_interrupted(
    rows: &mut [MeasurementRow],
    is_complete: impl Fn(&[&MeasurementRow]) -> bool,
) {
    let key = |row: &MeasurementRow| (row.fork, row.block, row.scenario.clone());
    let mut blocks: Vec<_> = rows.iter().map(key).collect();
    blocks.sort();
    blocks.dedup();
    for block in blocks {
        let in_block = |row: &&MeasurementRow| {
            row.excluded_because != RunWriter::INTERRUPTED && key(row) == block
        };
        let complete = is_complete(&rows.iter().filter(in_block).collect::<Vec<_>>());
        for row in rows.iter_mut().filter(|row| !complete && key(row) == block) {
            row.excluded_because = RunWriter::INTERRUPTED.to_owned();
        }
    }
}

/// Creates a file with these rows, and opens it for appending more.
fn open_table<T: Serialize>(path: &Path, rows: &[T]) -> io::Result<Writer<File>> {
    let mut bytes = Writer::from_writer(Vec::new());
    for row in rows {
        bytes.serialize(row).map_err(io::Error::other)?;
    }
    let bytes = bytes.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    replace(path, &bytes)?;
    let file = OpenOptions::new().append(true).open(path)?;
    Ok(WriterBuilder::new().has_headers(rows.is_empty()).from_writer(file))
}

fn append_rows<T: Serialize>(writer: &mut Writer<File>, rows: &[T]) -> io::Result<()> {
    for row in rows {
        writer.serialize(row).map_err(io::Error::other)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const CONTENDERS: [&str; 2] = ["mutex", "queue"];

    /// A complete block.
    fn block(number: u32) -> Vec<MeasurementRow> {
        sample::run(&CONTENDERS.map(|name| sample::row(name, number, 5))).rows
    }

    fn is_complete(rows: &[&MeasurementRow]) -> bool {
        rows.len() == CONTENDERS.len()
    }

    fn environment() -> Environment {
        sample::run(&[]).environment
    }

    fn measurements(directory: &Path) -> PathBuf {
        directory.join(UNFINISHED).join(MEASUREMENTS)
    }

    /// The earlier run stays until the new one is complete, and then no file of it is left.
    #[test]
    fn a_complete_run_replaces_the_earlier_one() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        let before = sample::run(&block(7));
        before.save(&directory).unwrap();
        RunWriter::prepare(&directory, Earlier::Overwrite).unwrap();
        let mut writer = RunWriter::begin(&directory, &environment()).unwrap();
        writer.append(&block(0), &[]).unwrap();
        assert_eq!(StoredRun::load(&directory), Ok(before));
        writer.append(&block(1), &[]).unwrap();
        writer.finish(&environment()).unwrap();
        let run = StoredRun::load(&directory).unwrap();
        assert_eq!(run.rows, [block(0), block(1)].concat());
        assert!(!directory.join(UNFINISHED).exists());
    }

    /// A run is killed in the middle of a line. Its complete blocks count, its incomplete block is
    /// kept and excluded, and a new run does not overwrite it.
    #[test]
    fn a_killed_run_can_be_resumed() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        let mut writer = RunWriter::begin(&directory, &environment()).unwrap();
        writer.append(&block(0), &[]).unwrap();
        writer.append(&block(1)[..1], &[]).unwrap();
        drop(writer);
        let mut file = OpenOptions::new().append(true).open(measurements(&directory)).unwrap();
        io::Write::write_all(&mut file, b"2,made-up,0,1,1,\"memory/us").unwrap();

        let rejected = RunWriter::prepare(&directory, Earlier::Keep).unwrap_err();
        assert_eq!(rejected.kind(), io::ErrorKind::AlreadyExists);
        let (mut writer, run) = RunWriter::resume(&directory, &environment(), is_complete).unwrap();
        let excluded_because: Vec<&str> =
            run.rows.iter().map(|row| row.excluded_because.as_str()).collect();
        assert_eq!(excluded_because, ["", "", RunWriter::INTERRUPTED]);
        assert_eq!(run.environment.resumed, 1);
        writer.append(&block(1), &[]).unwrap();
        writer.finish(&run.environment).unwrap();
        let rows = StoredRun::load(&directory).unwrap().rows;
        assert_eq!(rows.len(), 5);
        assert_eq!(rows.iter().filter(|row| row.counts()).count(), 4);
    }

    /// A run that its user stopped lies in the folder itself, and is resumed from there.
    #[test]
    fn a_stopped_run_can_be_resumed() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        sample::run(&block(0)).save(&directory).unwrap();
        let (_, run) = RunWriter::resume(&directory, &environment(), is_complete).unwrap();
        assert_eq!(run.rows, block(0));
    }

    /// Half a run of one plan and half of another would be published as one run.
    #[test]
    fn a_run_of_another_plan_or_machine_is_not_resumed() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        sample::run(&block(0)).save(&directory).unwrap();
        let now = Environment { plan: "other".to_owned(), ..environment() };
        let rejected = RunWriter::resume(&directory, &now, is_complete).err().unwrap().to_string();
        assert!(rejected.contains("began with plan ``, and now it is `other`"), "{rejected}");
        let now = Environment { cores: environment().cores + 1, ..environment() };
        let rejected = RunWriter::resume(&directory, &now, is_complete).err().unwrap().to_string();
        assert!(rejected.contains("usable cores, and now there are"), "{rejected}");
        let missing =
            RunWriter::resume(&scratch.path().join("none"), &now, is_complete).err().unwrap();
        assert!(missing.to_string().contains("env.json"), "{missing}");
    }

    /// A full disk is reported, and the rows that were written before stay readable.
    #[test]
    fn a_full_disk_is_an_error_and_loses_no_earlier_block() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            println!("skipped: this system has no full device");
            return;
        }
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("box/quick");
        let mut writer = RunWriter::begin(&directory, &environment()).unwrap();
        writer.append(&block(0), &[]).unwrap();
        let file = OpenOptions::new().write(true).open(full).unwrap();
        writer.measurements = WriterBuilder::new().has_headers(false).from_writer(file);
        let error = writer.append(&block(1), &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        std::mem::forget(writer);
        let (_, run) = RunWriter::resume(&directory, &environment(), is_complete).unwrap();
        assert_eq!(run.rows, block(0));
    }
}
