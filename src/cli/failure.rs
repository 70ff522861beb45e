//! What is told when something cannot be, and the code that goes with it.

use std::{fmt, io, process::ExitCode};

use clap::error::ErrorKind;

use super::printed;

/// How the program ends. The help lists what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Failed,
    Usage,
    Wrong,
    Worse,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Wrong => 3,
            Exit::Worse => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// One line, and how the program ends after it.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Something that cannot be was asked for.
    pub(super) fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// The world was in the way.
    pub(super) fn failed(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, message: message.into() }
    }

    /// What was to be printed could not be.
    pub(super) fn of_output(error: io::Error) -> Failure {
        Failure::failed(format!("standard output: {error}"))
    }

    /// Tells it, and gives how the program ends.
    pub(super) fn tell(self) -> Exit {
        note(self.line());
        self.exit
    }

    /// The refusal as one line, whatever was typed.
    pub(super) fn line(&self) -> String {
        folded(&self.message).replace(char::is_control, " ")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

/// Writes a line to standard error.
pub(super) fn note(message: impl fmt::Display) {
    eprintln!("hotrow: {message}");
}

/// What the parser has to say: the help that was asked for, or what is wrong, in one line.
pub(super) fn of_clap(error: &clap::Error) -> Result<Exit, Failure> {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printed::print(&text).map_err(Failure::of_output)?;
            Ok(Exit::Done)
        }
        ErrorKind::InvalidSubcommand => Err(Failure::usage(format!(
            "{}; to measure a strategy write `hotrow run STRATEGY`",
            one_line(&text)
        ))),
        _ => Err(Failure::usage(one_line(&text))),
    }
}

/// The parser's paragraphs up to the usage, joined.
fn one_line(text: &str) -> String {
    let told = text.split("\nUsage:").next().unwrap_or(text);
    let told = told.split("\nFor more information").next().unwrap_or(told);
    folded(told).trim_start_matches("error: ").replace("; tip: ", "; ")
}

/// Lines as one: what a line with a colon at its end announces comes right behind it, and other lines
/// behind a semicolon.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        folded += match folded.chars().next_back() {
            None => "",
            Some(':' | ';' | ',') => " ",
            Some(_) => "; ",
        };
        folded += line;
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::{folded, one_line};

    /// The parser writes for people with time: a line, a tip, a usage, a hint.
    #[test]
    fn a_paragraph_becomes_a_line() {
        let text = "error: unexpected argument '--user' found\n\n  tip: a similar argument exists: \
            '--users'\n\nUsage: hotrow run\n\nFor more information, try '--help'.\n";
        let line = "unexpected argument '--user' found; a similar argument exists: '--users'";
        assert_eq!(one_line(text), line);
    }

    /// What is missing is listed below a colon.
    #[test]
    fn a_list_follows_its_colon() {
        let text = "error: the following required arguments were not provided:\n  <FILE>\n  <RUN>\n\n\
            Usage: hotrow audit <FILE>...\n";
        let line = "the following required arguments were not provided: <FILE>; <RUN>";
        assert_eq!(one_line(text), line);
        assert_eq!(folded("invalid array\n\n expected `]`\n"), "invalid array; expected `]`");
    }
}
