//! Rows as CSV, there and back.

use std::{error::Error, fmt, fs, io, path::Path, path::PathBuf};

use csv::{DeserializeErrorKind, ErrorKind, Reader, ReaderBuilder, StringRecord, Trim, Writer};
use serde::{Serialize, de::DeserializeOwned};

use super::{Row, SCHEMA};

/// The rows as a CSV text, a header first.
pub fn write_rows(rows: &[Row]) -> Vec<u8> {
    table(rows)
}

/// Reads the rows of a file.
///
/// # Errors
/// [`ReadError`] names the first line that is not a row of this schema.
pub fn read_rows(file: &Path) -> Result<Vec<Row>, ReadError> {
    read_table(file)
}

/// Rows of any of our tables as a CSV text, a header first.
pub(super) fn table<T: Serialize>(rows: &[T]) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("a row is flat, and memory does not fail");
    }
    writer.into_inner().expect("memory does not fail")
}

pub(super) fn read_table<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, ReadError> {
    let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
    if !text.is_empty() && text.last() != Some(&b'\n') {
        let line = 1 + text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let reason = "the file was cut off in this line".to_owned();
        return Err(ReadError { file: file.to_owned(), line, reason });
    }
    rows_of(&text).map_err(|(line, reason)| ReadError { file: file.to_owned(), line, reason })
}

/// The rows of a file whose last line may have been cut off, as by whoever killed its writer.
pub(super) fn read_as_far_as_it_goes<T: DeserializeOwned>(
    file: &Path,
) -> Result<Vec<T>, ReadError> {
    let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    match whole {
        0 => Ok(Vec::new()),
        _ => rows_of(&text[..whole]).map_err(|(line, reason)| ReadError {
            file: file.to_owned(),
            line,
            reason,
        }),
    }
}

fn rows_of<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>, (u64, String)> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let header = reader.headers().map_err(|error| (1, reason(&error, None)))?.clone();
    if header.get(0) != Some("schema") {
        return Err((1, "the first column is not `schema`: this is no file of hotrow".to_owned()));
    }
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    while next(&mut reader, &mut record, &header)? {
        let line = line_of(&record);
        check_schema(record.get(0).unwrap_or_default()).map_err(|reason| (line, reason))?;
        let row = record.deserialize(Some(&header));
        rows.push(row.map_err(|error| (line, reason(&error, Some(&header))))?);
    }
    Ok(rows)
}

fn next(
    reader: &mut Reader<&[u8]>,
    record: &mut StringRecord,
    header: &StringRecord,
) -> Result<bool, (u64, String)> {
    reader.read_record(record).map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        (line, reason(&error, Some(header)))
    })
}

fn check_schema(schema: &str) -> Result<(), String> {
    match schema.parse::<u32>() {
        Ok(SCHEMA) => Ok(()),
        Ok(newer) if newer > SCHEMA => {
            Err(format!("schema {newer} is newer than {SCHEMA}: read it with a newer hotrow"))
        }
        _ => Err(format!("schema {schema:?} is not known: this hotrow reads {SCHEMA}")),
    }
}

fn line_of(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// What is wrong, in one line and without the position, which stands before it.
fn reason(error: &csv::Error, header: Option<&StringRecord>) -> String {
    match error.kind() {
        ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| header?.get(usize::try_from(field).ok()?));
            match (column, err.kind()) {
                (Some(column), kind) => format!("column {column}: {}", words(kind)),
                (None, kind) => words(kind),
            }
        }
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn words(kind: &DeserializeErrorKind) -> String {
    match kind {
        DeserializeErrorKind::Message(message) => message.clone(),
        other => other.to_string(),
    }
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Which file.
    pub file: PathBuf,
    /// Which line, from 1; 0 where it is the file as a whole.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl ReadError {
    /// A file that could not be read at all.
    pub(super) fn of_file(file: &Path, error: &io::Error) -> ReadError {
        ReadError { file: file.to_owned(), line: 0, reason: error.to_string() }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.reason)
    }
}

impl Error for ReadError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Finding, sample};

    /// A violation is free text with commas, quotes and line ends in it: it must not shift columns.
    #[test]
    fn rows_come_back_as_they_were() {
        let mut wrong = sample::row("unguarded", 1, u64::MAX);
        wrong.verdict = Finding::Wrong;
        wrong.violation = "user 1: \"5\", where\n7 was owed".to_owned();
        wrong.cut_short = true;
        let rows = vec![sample::row("mutex", 0, 1_000), wrong];
        assert_eq!(rows_of(&write_rows(&rows)), Ok(rows));
    }

    /// Each way a file goes wrong by hand or by age, with the line and the reason that are told.
    #[test]
    fn a_malformed_file_is_refused_by_line_and_reason() {
        let good = String::from_utf8(write_rows(&[sample::row("mutex", 0, 1_000)])).unwrap();
        let refused = |text: &str| rows_of::<Row>(text.as_bytes()).unwrap_err();
        let row = good.lines().nth(1).unwrap();

        let newer = format!("{good}2{}\n", row.strip_prefix('1').unwrap());
        let message = "schema 2 is newer than 1: read it with a newer hotrow";
        assert_eq!(refused(&newer), (3, message.to_owned()));
        assert_eq!(
            refused(&format!("{good}1,2\n")),
            (3, "2 fields where the header has 56".to_owned())
        );
        let (line, reason) = refused(&good.replace(",threads,", ",ghosts,"));
        assert_eq!(line, 2);
        assert!(reason.starts_with("unknown variant `ghosts`"), "{reason}");
        let (_, reason) = refused(&good.replace(",1000,", ",many,"));
        assert_eq!(reason, "column completed: invalid digit found in string");
        assert!(refused("<html>\n").1.contains("no file of hotrow"));
        assert!(refused("").1.contains("no file of hotrow"));
    }

    /// The error is all that the user has: file, line, reason.
    #[test]
    fn the_error_can_be_clicked() {
        let error = ReadError { file: "a/rounds.csv".into(), line: 3, reason: "no".to_owned() };
        assert_eq!(error.to_string(), "a/rounds.csv:3: no");
        let missing = read_rows(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(missing.starts_with("no/such.csv: "), "{missing}");
    }
}
