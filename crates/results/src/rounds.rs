//! Reads and writes rows as CSV.

use std::{error::Error, fmt, fs, io, path::Path, path::PathBuf};

use csv::{DeserializeErrorKind, ErrorKind, Reader, ReaderBuilder, StringRecord, Trim, Writer};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    CapacityRow, MeasurementRow, SCHEMA,
    schema1::{self, SCHEMA_1},
};

/// Returns the rows as CSV with a header.
pub fn write_rows(rows: &[MeasurementRow]) -> Vec<u8> {
    table(rows)
}

/// Returns the probes as CSV with a header.
pub fn write_capacity(rows: &[CapacityRow]) -> Vec<u8> {
    table(rows)
}

/// Reads the rows of a file.
///
/// # Errors
/// [`ReadError`] names the first line that is not a row of a known schema.
pub fn read_rows(file: &Path) -> Result<Vec<MeasurementRow>, ReadError> {
    read_table(file)
}

/// Returns the rows of any table as CSV with a header.
pub(super) fn table<T: Serialize>(rows: &[T]) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("a row is flat, and writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

pub(super) fn read_table<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, ReadError> {
    let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
    if !text.is_empty() && text.last() != Some(&b'\n') {
        let line = 1 + text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let reason = "the file is truncated in this line".to_owned();
        return Err(ReadError { file: file.to_owned(), line, reason });
    }
    parse_rows(&text).map_err(|(line, reason)| ReadError { file: file.to_owned(), line, reason })
}

/// Reads the complete lines of a file whose writer may have been killed in its last line.
pub(super) fn read_complete_lines<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, ReadError> {
    let text = fs::read(file).map_err(|error| ReadError::of_file(file, &error))?;
    let complete = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    match complete {
        0 => Ok(Vec::new()),
        _ => parse_rows(&text[..complete]).map_err(|(line, reason)| ReadError {
            file: file.to_owned(),
            line,
            reason,
        }),
    }
}

fn parse_rows<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>, (u64, String)> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let header = reader.headers().map_err(|error| (1, reason(&error, None)))?.clone();
    if header.get(0) != Some("schema") {
        let reason = "the first column is not `schema`: this is not a table of hotrow".to_owned();
        return Err((1, reason));
    }
    let translated = schema1::header(&header);
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    while read_record(&mut reader, &mut record, &header)? {
        let line = line_of(&record);
        let schema =
            parse_schema(record.get(0).unwrap_or_default()).map_err(|reason| (line, reason))?;
        let header = if schema == SCHEMA_1 { &translated } else { &header };
        if schema == SCHEMA_1 {
            record = schema1::row(header, &record);
        }
        let row = record.deserialize(Some(header));
        rows.push(row.map_err(|error| (line, reason(&error, Some(header))))?);
    }
    Ok(rows)
}

fn read_record(
    reader: &mut Reader<&[u8]>,
    record: &mut StringRecord,
    header: &StringRecord,
) -> Result<bool, (u64, String)> {
    reader.read_record(record).map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        (line, reason(&error, Some(header)))
    })
}

fn parse_schema(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(known @ (SCHEMA_1 | SCHEMA)) => Ok(known),
        Ok(newer) if newer > SCHEMA => {
            Err(format!("schema {newer} is newer than {SCHEMA}: read it with a newer hotrow"))
        }
        _ => Err(format!("schema {text:?} is unknown: this hotrow reads {SCHEMA_1} and {SCHEMA}")),
    }
}

fn line_of(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// Describes the error in one line. The line number is left out, because [`ReadError`] has it.
fn reason(error: &csv::Error, header: Option<&StringRecord>) -> String {
    match error.kind() {
        ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| header?.get(usize::try_from(field).ok()?));
            match (column, err.kind()) {
                (Some(column), kind) => format!("column {column}: {}", message(kind)),
                (None, kind) => message(kind),
            }
        }
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

fn message(kind: &DeserializeErrorKind) -> String {
    match kind {
        DeserializeErrorKind::Message(message) => message.clone(),
        other => other.to_string(),
    }
}

/// The error of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 if the error is about the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

impl ReadError {
    /// Creates the error of a file that could not be read at all.
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
    use crate::{AuditVerdict, sample};

    /// A violation is free text with commas, quotes and line ends, which must not shift columns.
    #[test]
    fn written_rows_are_read_back_unchanged() {
        let mut violation = sample::row("unsynchronized", 1, u64::MAX);
        violation.verdict = AuditVerdict::Violation;
        violation.violation = "user 1: \"5\", where\n7 was owed".to_owned();
        violation.truncated = true;
        let rows = vec![sample::row("mutex", 0, 1_000), violation];
        assert_eq!(parse_rows(&write_rows(&rows)), Ok(rows));
    }

    /// Each way in which a file can be malformed or of another version, with the reported line and
    /// reason.
    #[test]
    fn a_malformed_file_is_rejected_with_line_and_reason() {
        let good = String::from_utf8(write_rows(&[sample::row("mutex", 0, 1_000)])).unwrap();
        let rejected = |text: &str| parse_rows::<MeasurementRow>(text.as_bytes()).unwrap_err();
        let row = good.lines().nth(1).unwrap();

        let newer = format!("{good}3{}\n", row.strip_prefix('2').unwrap());
        let message = "schema 3 is newer than 2: read it with a newer hotrow";
        assert_eq!(rejected(&newer), (3, message.to_owned()));
        assert_eq!(
            rejected(&format!("{good}1,2\n")),
            (3, "2 fields where the header has 60".to_owned())
        );
        let (line, reason) = rejected(&good.replace(",threads,", ",ghosts,"));
        assert_eq!(line, 2);
        assert!(reason.starts_with("unknown variant `ghosts`"), "{reason}");
        let (_, reason) = rejected(&good.replace(",1000,", ",many,"));
        assert_eq!(reason, "column completed: invalid digit found in string");
        assert!(rejected("<html>\n").1.contains("not a table of hotrow"));
        assert!(rejected("").1.contains("not a table of hotrow"));
    }

    /// Editors and terminals open `file:line: reason` at the line.
    #[test]
    fn the_error_starts_with_file_and_line() {
        let error = ReadError { file: "a/rows.csv".into(), line: 3, reason: "no".to_owned() };
        assert_eq!(error.to_string(), "a/rows.csv:3: no");
        let missing = read_rows(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(missing.starts_with("no/such.csv: "), "{missing}");
    }
}
