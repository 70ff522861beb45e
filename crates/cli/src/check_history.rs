//! `hotrow check-history`: checks recorded histories for linearizability.
//!
//! Every file gets a verdict, even if another one cannot be read, and the worst verdict decides the
//! exit code. Users and keys are searched in parallel, easy ones first.

mod search;
mod verdict;

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use self::{
    search::{check_accounts, check_calls},
    verdict::{CheckVerdict, Checked},
};
use super::{
    failure::{CliError, Exit, note},
    stdout,
    values::whole,
};
use hotrow_verify::{
    history::{FailedCas, Object, ReadError, Reading, Recorded, open},
    linearizability::Budget,
};

pub(super) const CHECK_HISTORY_HELP: &str = "\
A history is linearizable if every operation seems to happen at one moment
between its call and its return. If no order that respects real time explains
what clients observed, the history is a violation, and the first operation that
fits nowhere is shown.

Formats: hotrow's own, EDN as Jepsen and Knossos write it, and the text of
Jepsen's logs, each also compressed by gzip. Format and object are detected;
docs/HISTORY_FORMAT.md describes them.

Jepsen's :fail says that an operation did not happen. A client that found no
leader reports the same as one that found another value, so a failed :cas says
nothing about the register. --failed-cas observed finds more, and is right only
where :fail means nothing else.

Examples:
  hotrow check-history recorded.jsonl      point accounts, hotrow's own format
  hotrow check-history store/etcd/latest/history.edn
                                           what a Jepsen test left
  hotrow check-history --failed-cas observed etcd.log
                                           as Porcupine judges it
  hotrow check-history --model kv - < kv.txt
                                           only a store of texts

A history is a violation as soon as one of its keys or users is. It is unknown
if none is and one search ran out of steps, memory or time.

Exit codes, the worst of all files:
  0    every history is linearizable
  1    a file cannot be read, or a verdict is unknown
  2    a file is malformed: the line is named, and the rest is not checked
  3    a history is not linearizable";

/// Checks recorded histories for linearizability.
#[derive(Debug, Args)]
pub(super) struct CheckHistory {
    /// Recorded histories; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Object of the histories: account, register, kv or
    /// bank [default: detected in each file]
    #[arg(long, value_enum, hide_possible_values = true, verbatim_doc_comment)]
    pub(super) model: Option<Model>,
    /// What a failed compare-and-set says: ignored
    /// (nothing, as Jepsen means it) or observed (the
    /// register held another value, as Porcupine means it)
    /// [default: ignored]
    #[arg(long, value_enum, value_name = "MEANS", default_value_t = FailedSet::Ignored)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(super) failed_cas: FailedSet,
    /// Allow negative balances in a bank
    #[arg(long)]
    pub(super) overdraft: bool,
    /// Steps of the search per history, over all its keys
    /// or users [default: 10000000]
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = whole(1..=u64::MAX))]
    #[arg(allow_negative_numbers = true, hide_default_value = true, verbatim_doc_comment)]
    max_steps: u64,
    /// Memory of the search in MiB [default: 1024]
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = whole(1..=1 << 24))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_mib: u64,
    /// Seconds of the search [default: 60]
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = whole(1..=1_000_000))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_seconds: u64,
    /// Print a JSON array
    #[arg(long)]
    pub(super) json: bool,
}

impl CheckHistory {
    /// Returns the limits of the search of one history.
    pub(super) fn budget(&self) -> Budget {
        Budget {
            steps: usize::try_from(self.max_steps).unwrap_or(usize::MAX),
            bytes: usize::try_from(self.max_mib << 20).unwrap_or(usize::MAX),
            time: std::time::Duration::from_secs(self.max_seconds),
        }
    }
}

/// The object of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Model {
    Account,
    Register,
    Kv,
    Bank,
}

/// The meaning of a failed compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailedSet {
    Ignored,
    Observed,
}

/// The name of standard input.
const STDIN: &str = "-";

/// Checks every history of every file. A file that cannot be read does not hide other verdicts.
pub(super) fn check_history(arguments: &CheckHistory) -> Result<Exit, CliError> {
    let mut files = Vec::new();
    for path in &arguments.files {
        let mut file = CheckedFile { name: path.display().to_string(), ..CheckedFile::default() };
        let ended = check_file(path, arguments, &mut |history| {
            match arguments.json {
                true => Ok(()),
                false => stdout::print(&history.text()).map_err(NotChecked::Output),
            }?;
            file.histories.push(history);
            Ok(())
        });
        match ended {
            Ok(()) if file.histories.is_empty() => {
                let reason = format!("{}: the file has no history", file.name);
                file.failed = Some(NotChecked::Malformed(reason));
            }
            Ok(()) => {}
            Err(NotChecked::Output(error)) => return Err(CliError::from_output(error)),
            Err(error) => file.failed = Some(error),
        }
        file.report_failure(arguments)?;
        files.push(file);
    }
    if arguments.json {
        let all: Vec<Value> = files.iter().flat_map(CheckedFile::objects).collect();
        stdout::print(&format!("{:#}\n", Value::from(all))).map_err(CliError::from_output)?;
    }
    Ok(conclusion(&files))
}

/// Returns the exit code of the worst verdict. A violation is worse than a malformed file, and that
/// is worse than an unknown verdict or an unreadable file.
fn conclusion(files: &[CheckedFile]) -> Exit {
    let histories = || files.iter().flat_map(|file| &file.histories);
    let count = |is: fn(&CheckVerdict) -> bool| histories().filter(|one| is(&one.verdict)).count();
    let violations = count(|verdict| matches!(verdict, CheckVerdict::Violation { .. }));
    let unknown = count(|verdict| matches!(verdict, CheckVerdict::Unknown { .. }));
    if unknown > 0 {
        note(format_args!("{unknown} of {} verdicts are unknown", histories().count()));
    }
    let failed =
        |is: fn(&NotChecked) -> bool| files.iter().filter_map(|file| file.failed.as_ref()).any(is);
    let malformed = failed(|error| matches!(error, NotChecked::Malformed(_)));
    let unreadable = failed(|error| matches!(error, NotChecked::Unreadable(_)));
    match (violations > 0, malformed, unknown > 0 || unreadable) {
        (true, _, _) => Exit::Violation,
        (false, true, _) => Exit::Usage,
        (false, false, true) => Exit::Failed,
        (false, false, false) => Exit::Done,
    }
}

/// A file, with the histories that were checked before its end or before an error.
#[derive(Default)]
struct CheckedFile {
    name: String,
    histories: Vec<Checked>,
    failed: Option<NotChecked>,
}

/// Why a file, or the rest of it, has no verdict.
enum NotChecked {
    /// The system could not read it.
    Unreadable(String),
    /// It is not a history, from the named line on.
    Malformed(String),
    /// Standard output cannot be written, so the program ends.
    Output(io::Error),
}

impl CheckedFile {
    /// Reports on standard error, in one line, why there is no verdict. With several files,
    /// standard output also gets a line in the order of the files.
    fn report_failure(&self, arguments: &CheckHistory) -> Result<(), CliError> {
        let Some((verdict, reason)) = self.failed.as_ref().and_then(NotChecked::verdict) else {
            return Ok(());
        };
        note(reason.replace(char::is_control, " "));
        match arguments.json || arguments.files.len() == 1 {
            true => Ok(()),
            false => {
                let line = format!("{}: {verdict}\n", self.name);
                stdout::print(&line).map_err(CliError::from_output)
            }
        }
    }

    fn objects(&self) -> Vec<Value> {
        let failed = self.failed.as_ref().and_then(NotChecked::verdict).map(
            |(verdict, reason)| json!({ "name": self.name, "verdict": verdict, "reason": reason }),
        );
        self.histories.iter().map(Checked::object).chain(failed).collect()
    }
}

impl NotChecked {
    fn verdict(&self) -> Option<(&'static str, &str)> {
        match self {
            NotChecked::Unreadable(reason) => Some(("unreadable", reason)),
            NotChecked::Malformed(reason) => Some(("malformed", reason)),
            NotChecked::Output(_) => None,
        }
    }
}

/// Receives each verdict as soon as it is found.
type Report<'a> = &'a mut dyn FnMut(Checked) -> Result<(), NotChecked>;

fn check_file(file: &Path, arguments: &CheckHistory, report: Report<'_>) -> Result<(), NotChecked> {
    if file == Path::new(STDIN) {
        return check_text(io::stdin().lock(), file, arguments, report);
    }
    let opened = File::open(file);
    let opened = opened.map_err(|error| read_error(file, arguments, ReadError::Io(error)))?;
    check_text(BufReader::new(opened), file, arguments, report)
}

fn check_text(
    text: impl BufRead,
    file: &Path,
    arguments: &CheckHistory,
    report: Report<'_>,
) -> Result<(), NotChecked> {
    let failed = |error| read_error(file, arguments, error);
    let name = file.display().to_string();
    match open(text, reading(arguments)).map_err(failed)? {
        Recorded::Accounts(recordings) => {
            for (number, recording) in (1..).zip(recordings) {
                let recording = recording.map_err(failed)?;
                let checked = check_accounts(&name, number, &recording, arguments);
                if recording.history.operations.is_empty() && checked.verdict.is_linearizable() {
                    let reason = format!("{name}: history {number} has no operation");
                    return Err(NotChecked::Malformed(reason));
                }
                report(checked)?;
            }
            Ok(())
        }
        Recorded::Calls(calls) => match check_calls(name, calls, arguments) {
            checked if checked.operations + checked.left_out == 0 => Ok(()),
            checked => report(checked),
        },
    }
}

/// Returns how to read the files, from the arguments.
fn reading(arguments: &CheckHistory) -> Reading {
    let object = arguments.model.map(|model| match model {
        Model::Account => Object::Accounts,
        Model::Register => Object::Registers,
        Model::Kv => Object::Kv,
        Model::Bank => Object::Bank,
    });
    let failed_cas = match arguments.failed_cas {
        FailedSet::Ignored => FailedCas::Ignored,
        FailedSet::Observed => FailedCas::Observed,
    };
    Reading { object, failed_cas }
}

fn read_error(file: &Path, arguments: &CheckHistory, error: ReadError) -> NotChecked {
    let file = file.display();
    match error {
        ReadError::Io(error) => NotChecked::Unreadable(format!("cannot read {file}: {error}")),
        // A file of another format fails at its first line.
        ReadError::Malformed { line: 1, reason } if arguments.model == Some(Model::Account) => {
            NotChecked::Malformed(format!(
                "{file}:1: {reason}; without --model every format is read"
            ))
        }
        ReadError::Malformed { line, reason } => {
            NotChecked::Malformed(format!("{file}:{line}: {reason}"))
        }
    }
}
