//! Errors of the command line: one line on standard error, and an exit code.

use std::{fmt, io, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{retired, stdout};

/// How the program ends. The help documents each exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Failed,
    Usage,
    Violation,
    Regression,
    NothingCounted,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Violation => 3,
            Exit::Regression => 4,
            Exit::NothingCounted => 5,
            Exit::Interrupted => 130,
        })
    }
}

/// An error message of one line, and the exit code after it.
#[derive(Debug)]
pub(super) struct CliError {
    exit: Exit,
    message: String,
}

impl CliError {
    /// Creates an error of wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> CliError {
        CliError { exit: Exit::Usage, message: message.into() }
    }

    /// Creates an error of the environment, such as a file that cannot be read.
    pub(super) fn failed(message: impl Into<String>) -> CliError {
        CliError { exit: Exit::Failed, message: message.into() }
    }

    /// Creates the error of writing to standard output.
    pub(super) fn from_output(error: io::Error) -> CliError {
        CliError::failed(format!("standard output: {error}"))
    }

    /// Prints the error, and returns how the program ends.
    pub(super) fn report(self) -> Exit {
        note(self.line());
        self.exit
    }

    /// Returns the message as one line without control characters, whatever the user typed.
    pub(super) fn line(&self) -> String {
        joined_lines(&self.message).replace(char::is_control, " ")
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

/// Writes a line to standard error.
pub(super) fn note(message: impl fmt::Display) {
    eprintln!("hotrow: {message}");
}

/// Prints the help or the version that the user asked for, or returns the parser's error as one
/// line.
pub(super) fn from_clap(error: &clap::Error) -> Result<Exit, CliError> {
    if let Some(retired) = retired_word(error) {
        return Err(retired);
    }
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            stdout::print(&text).map_err(CliError::from_output)?;
            Ok(Exit::Done)
        }
        ErrorKind::InvalidSubcommand => Err(CliError::usage(format!(
            "{}; to measure a strategy write `hotrow run STRATEGY`",
            one_line(&text)
        ))),
        _ => Err(CliError::usage(one_line(&text))),
    }
}

/// Returns the error for a word from before 0.2, if the parser rejected one.
fn retired_word(error: &clap::Error) -> Option<CliError> {
    let kinds =
        [ContextKind::InvalidArg, ContextKind::InvalidSubcommand, ContextKind::InvalidValue];
    let rejected =
        kinds.into_iter().filter_map(|kind| error.get(kind)).filter_map(|value| match value {
            ContextValue::String(word) => Some(word),
            _ => None,
        });
    rejected.into_iter().find_map(|word| retired::message(word)).map(CliError::usage)
}

/// Joins the parser's paragraphs up to the usage.
fn one_line(text: &str) -> String {
    let message = text.split("\nUsage:").next().unwrap_or(text);
    let message = message.split("\nFor more information").next().unwrap_or(message);
    joined_lines(message).trim_start_matches("error: ").replace("; tip: ", "; ")
}

/// Joins lines with semicolons. After a line that ends with a colon, a semicolon or a comma, it
/// adds only a space.
fn joined_lines(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        joined += match joined.chars().next_back() {
            None => "",
            Some(':' | ';' | ',') => " ",
            Some(_) => "; ",
        };
        joined += line;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{joined_lines, one_line};

    /// The parser's message has several paragraphs: an error, a tip, the usage and a hint.
    #[test]
    fn a_paragraph_becomes_a_line() {
        let text = "error: unexpected argument '--user' found\n\n  tip: a similar argument exists: \
            '--users'\n\nUsage: hotrow run\n\nFor more information, try '--help'.\n";
        let line = "unexpected argument '--user' found; a similar argument exists: '--users'";
        assert_eq!(one_line(text), line);
    }

    /// The parser lists missing arguments below a colon.
    #[test]
    fn a_list_follows_its_colon() {
        let text = "error: the following required arguments were not provided:\n  <FILE>\n  <RUN>\n\n\
            Usage: hotrow check-history <FILE>...\n";
        let line = "the following required arguments were not provided: <FILE>; <RUN>";
        assert_eq!(one_line(text), line);
        assert_eq!(joined_lines("invalid array\n\n expected `]`\n"), "invalid array; expected `]`");
    }
}
