//! Whether recorded histories have an order.
//!
//! Every file gets its verdict, whatever becomes of the others, and the worst of them decides the exit
//! code. Users and keys are searched in parallel, easy ones first.

mod search;

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use self::search::{accounts, calls_of};
use super::{
    arguments::{Audit, FailedSet, Model},
    failure::{Exit, Failure, note},
    printed,
};
use crate::{
    history::{FailedCas, Object, ReadError, Reading, Recorded, open},
    linearizability::Limit,
};

/// What stands for standard input.
const STDIN: &str = "-";

/// Audits every history of every file. A file that cannot be read hides no other's verdict.
pub(super) fn audit(asked: &Audit) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &asked.files {
        let mut file = AuditedFile { name: path.display().to_string(), ..AuditedFile::default() };
        let ended = audit_file(path, asked, &mut |history| {
            match asked.json {
                true => Ok(()),
                false => printed::print(&history.told()).map_err(NotAudited::Output),
            }?;
            file.histories.push(history);
            Ok(())
        });
        match ended {
            Ok(()) if file.histories.is_empty() => {
                let reason = format!("{}: there is no history in it", file.name);
                file.failed = Some(NotAudited::Malformed(reason));
            }
            Ok(()) => {}
            Err(NotAudited::Output(error)) => return Err(Failure::of_output(error)),
            Err(why) => file.failed = Some(why),
        }
        file.tell_failure(asked)?;
        files.push(file);
    }
    if asked.json {
        let all: Vec<Value> = files.iter().flat_map(AuditedFile::objects).collect();
        printed::print(&format!("{:#}\n", Value::from(all))).map_err(Failure::of_output)?;
    }
    Ok(conclusion(&files))
}

/// The worst that was found, in the order in which the help lists it.
fn conclusion(files: &[AuditedFile]) -> Exit {
    let histories = || files.iter().flat_map(|file| &file.histories);
    let many = |is: fn(&Finding) -> bool| histories().filter(|one| is(&one.finding)).count();
    let impossible = many(|finding| matches!(finding, Finding::Impossible { .. }));
    let undecided = many(|finding| matches!(finding, Finding::Undecided { .. }));
    if undecided > 0 {
        note(format_args!("{undecided} of {} histories are undecided", histories().count()));
    }
    let failed =
        |is: fn(&NotAudited) -> bool| files.iter().filter_map(|file| file.failed.as_ref()).any(is);
    let malformed = failed(|why| matches!(why, NotAudited::Malformed(_)));
    let unreadable = failed(|why| matches!(why, NotAudited::Unreadable(_)));
    match (impossible > 0, malformed, undecided > 0 || unreadable) {
        (true, _, _) => Exit::Wrong,
        (false, true, _) => Exit::Usage,
        (false, false, true) => Exit::Failed,
        (false, false, false) => Exit::Done,
    }
}

/// A file, with what was found in it before it came to its end or could not be read on.
#[derive(Default)]
struct AuditedFile {
    name: String,
    histories: Vec<Audited>,
    failed: Option<NotAudited>,
}

/// Why a file, or the rest of it, has no verdict.
enum NotAudited {
    /// The system could not read it.
    Unreadable(String),
    /// It is not a history, from the line on that this names.
    Malformed(String),
    /// Standard output is closed: there is no use in going on.
    Output(io::Error),
}

impl AuditedFile {
    /// Says why there is no verdict, as one line; of several files, also in its place among the others.
    fn tell_failure(&self, asked: &Audit) -> Result<(), Failure> {
        let Some((verdict, reason)) = self.failed.as_ref().and_then(NotAudited::verdict) else {
            return Ok(());
        };
        note(reason.replace(char::is_control, " "));
        match asked.json || asked.files.len() == 1 {
            true => Ok(()),
            false => {
                let line = format!("{}: {verdict}\n", self.name);
                printed::print(&line).map_err(Failure::of_output)
            }
        }
    }

    fn objects(&self) -> Vec<Value> {
        let failed = self.failed.as_ref().and_then(NotAudited::verdict).map(
            |(verdict, reason)| json!({ "name": self.name, "verdict": verdict, "reason": reason }),
        );
        self.histories.iter().map(Audited::object).chain(failed).collect()
    }
}

impl NotAudited {
    fn verdict(&self) -> Option<(&'static str, &str)> {
        match self {
            NotAudited::Unreadable(reason) => Some(("unreadable", reason)),
            NotAudited::Malformed(reason) => Some(("malformed", reason)),
            NotAudited::Output(_) => None,
        }
    }
}

/// A history and what was found of it.
struct Audited {
    /// Where it was read, and which one it is there.
    name: String,
    operations: usize,
    /// Operations beside these that say nothing: they failed, or are reads without an answer.
    left_out: usize,
    objects: usize,
    /// What the objects are, for a person.
    of: String,
    finding: Finding,
    took: Duration,
}

/// What was found of all users or keys of a history.
enum Finding {
    Linearizable,
    /// A user or key whose calls have no order.
    Impossible {
        object: String,
        what: String,
        picture: String,
    },
    /// None was found impossible, and the search of these was given up.
    Undecided {
        objects: Vec<String>,
        limit: Limit,
    },
}

impl Audited {
    fn told(&self) -> String {
        let Audited { name, operations, of, took, .. } = self;
        let left_out = match self.left_out {
            0 => String::new(),
            some => format!(" ({some} left out)"),
        };
        let verdict = self.finding.verdict();
        let millis = took.as_secs_f64() * 1e3;
        let line =
            format!("{name}: {verdict}, {operations} operations{left_out}{of}, {millis:.1} ms\n");
        match &self.finding {
            Finding::Linearizable => line,
            Finding::Undecided { objects, limit } => {
                let objects = objects.join(", ");
                format!("{line}{objects}: given up, out of {limit} (see --max-{})\n", flag(*limit))
            }
            Finding::Impossible { object, what, picture } => {
                format!("{line}{object}: {what}\n\n{picture}\n")
            }
        }
    }

    fn object(&self) -> Value {
        let contradiction = match &self.finding {
            Finding::Linearizable | Finding::Undecided { .. } => Value::Null,
            Finding::Impossible { object, what, picture } => {
                json!({ "object": object, "what": what, "picture": picture })
            }
        };
        let given_up = match &self.finding {
            Finding::Undecided { objects, limit } => {
                json!({ "objects": objects, "limit": limit.to_string() })
            }
            Finding::Linearizable | Finding::Impossible { .. } => Value::Null,
        };
        json!({
            "name": self.name,
            "verdict": self.finding.verdict(),
            "operations": self.operations,
            "left_out": self.left_out,
            "objects": self.objects,
            "seconds": self.took.as_secs_f64(),
            "contradiction": contradiction,
            "given_up": given_up,
        })
    }
}

/// The end of the flag that sets a limit.
fn flag(limit: Limit) -> &'static str {
    match limit {
        Limit::Steps => "steps",
        Limit::Bytes => "mib",
        Limit::Time => "seconds",
    }
}

impl Finding {
    fn is_nothing(&self) -> bool {
        matches!(self, Finding::Linearizable)
    }

    fn verdict(&self) -> &'static str {
        match self {
            Finding::Linearizable => "linearizable",
            Finding::Impossible { .. } => "impossible",
            Finding::Undecided { .. } => "undecided",
        }
    }
}

/// Takes each verdict as soon as it is found.
type Report<'a> = &'a mut dyn FnMut(Audited) -> Result<(), NotAudited>;

fn audit_file(file: &Path, asked: &Audit, report: Report<'_>) -> Result<(), NotAudited> {
    if file == Path::new(STDIN) {
        return audit_text(io::stdin().lock(), file, asked, report);
    }
    let opened = File::open(file);
    let opened = opened.map_err(|error| not_read(file, asked, ReadError::Io(error)))?;
    audit_text(BufReader::new(opened), file, asked, report)
}

fn audit_text(
    text: impl BufRead,
    file: &Path,
    asked: &Audit,
    report: Report<'_>,
) -> Result<(), NotAudited> {
    let failed = |error| not_read(file, asked, error);
    let name = file.display().to_string();
    match open(text, reading(asked)).map_err(failed)? {
        Recorded::Accounts(recordings) => {
            for (number, recording) in (1..).zip(recordings) {
                let recording = recording.map_err(failed)?;
                let audited = accounts(&name, number, &recording, asked);
                if recording.history.operations.is_empty() && audited.finding.is_nothing() {
                    let reason = format!("{name}: there is no operation in history {number} of it");
                    return Err(NotAudited::Malformed(reason));
                }
                report(audited)?;
            }
            Ok(())
        }
        Recorded::Calls(calls) => match calls_of(name, calls, asked) {
            audited if audited.operations + audited.left_out == 0 => Ok(()),
            audited => report(audited),
        },
    }
}

/// How to read what is asked for.
fn reading(asked: &Audit) -> Reading {
    let object = asked.model.map(|model| match model {
        Model::Account => Object::Accounts,
        Model::Register => Object::Registers,
        Model::Kv => Object::Kv,
        Model::Bank => Object::Bank,
    });
    let failed_cas = match asked.failed_cas {
        FailedSet::Ignored => FailedCas::Ignored,
        FailedSet::Observed => FailedCas::Observed,
    };
    Reading { object, failed_cas }
}

fn not_read(file: &Path, asked: &Audit, error: ReadError) -> NotAudited {
    let file = file.display();
    match error {
        ReadError::Io(error) => NotAudited::Unreadable(format!("cannot read {file}: {error}")),
        // What is not our format at all shows that at its first line.
        ReadError::Malformed { line: 1, reason } if asked.model == Some(Model::Account) => {
            NotAudited::Malformed(format!("{file}:1: {reason}; without --model any format is read"))
        }
        ReadError::Malformed { line, reason } => {
            NotAudited::Malformed(format!("{file}:{line}: {reason}"))
        }
    }
}
