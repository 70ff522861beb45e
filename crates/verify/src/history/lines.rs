//! The lines of a recorded history, and the error that names a malformed line.

use std::{
    fmt,
    io::{self, BufRead, Read},
};

use super::input::{Input, located};

/// The longest line, in bytes. A file with a longer one is hardly a history, and reading it would
/// only fill memory.
pub const LINE_MAX: u64 = 1 << 20;

/// Why a history could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be read.
    Io(io::Error),
    /// A line is malformed, or out of place.
    Malformed {
        /// The number of the line, from 1.
        line: u64,
        /// The mistake, in one line.
        reason: String,
    },
}

impl ReadError {
    /// A mistake in a line. Control characters of the file, such as a line end inside a name, become
    /// spaces, so that the reason stays one line.
    pub(super) fn malformed(line: u64, reason: impl Into<String>) -> ReadError {
        ReadError::Malformed { line, reason: reason.into().replace(char::is_control, " ") }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Malformed { line, reason } => write!(f, "line {line}: {reason}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// The lines of a text that are not empty, each with its number.
pub(super) struct Lines<R> {
    input: Input<R>,
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: Input<R>) -> Lines<R> {
        Lines { input, number: 0, text: Vec::new() }
    }

    /// Returns the next line, without its line end.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &str)>, ReadError> {
        loop {
            self.text.clear();
            let mut line = self.input.by_ref().take(LINE_MAX + 1);
            let read = line.read_until(b'\n', &mut self.text);
            let read = read.map_err(|error| located(error, self.number + 1))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if LINE_MAX < read as u64 {
                let reason = format!("the line is longer than {LINE_MAX} bytes");
                return Err(ReadError::malformed(self.number, reason));
            }
            if !self.text.trim_ascii().is_empty() {
                break;
            }
        }
        match std::str::from_utf8(self.text.trim_ascii_end()) {
            Ok(text) => Ok(Some((self.number, text))),
            Err(_) => Err(ReadError::malformed(self.number, "the text is not UTF-8")),
        }
    }
}
