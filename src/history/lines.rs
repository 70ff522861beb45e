//! A recorded history line by line, and what is said of a line that cannot be.

use std::{
    fmt,
    io::{self, BufRead, Read},
};

use super::input::{Input, located};

/// The longest line, in bytes. Past it a file is hardly a history, and reading on would only fill
/// memory.
pub const LINE_MAX: u64 = 1 << 20;

/// Why a history could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// The world was in the way.
    Io(io::Error),
    /// A line is not one of such a history, or cannot stand where it does.
    Malformed {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl ReadError {
    pub(super) fn malformed(line: u64, reason: impl Into<String>) -> ReadError {
        ReadError::Malformed { line, reason: reason.into() }
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

/// The lines of a text that have something on them, each with its number.
pub(super) struct Lines<R> {
    input: Input<R>,
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(input: Input<R>) -> Lines<R> {
        Lines { input, number: 0, text: Vec::new() }
    }

    /// The next line, without its end.
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
                let reason = format!("it is longer than {LINE_MAX} bytes");
                return Err(ReadError::malformed(self.number, reason));
            }
            if !self.text.trim_ascii().is_empty() {
                break;
            }
        }
        match std::str::from_utf8(self.text.trim_ascii_end()) {
            Ok(text) => Ok(Some((self.number, text))),
            Err(_) => Err(ReadError::malformed(self.number, "it is not UTF-8")),
        }
    }
}
