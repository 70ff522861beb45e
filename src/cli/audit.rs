//! Whether recorded histories have an order.
//!
//! Users and keys are searched in parallel, since they do not know of each other. What comes first of
//! what is wrong is told: of the first history, of its first user or key.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    time::{Duration, Instant},
};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::{
    arguments::{Audit, FailedSet, Model},
    failure::{Exit, Failure, note},
    printed,
};
use crate::{
    audit::witness,
    history::{
        Bank, Call, Calls, FailedCas, Object, Objects, ReadError, Reading, Recorded, Recording,
        open,
    },
    linearizability::{
        self, AccountModel, KvModel, Overdraft, RegisterModel, Verdict, check, check_bank,
    },
};

/// What stands for standard input.
const STDIN: &str = "-";

/// Audits every history of every file.
pub(super) fn audit(asked: &Audit) -> Result<Exit, Failure> {
    let mut audited = Vec::new();
    for file in &asked.files {
        let before = audited.len();
        audit_file(file, asked, &mut |history| {
            match asked.json {
                true => Ok(()),
                false => printed::print(&history.told()).map_err(Failure::of_output),
            }?;
            audited.push(history);
            Ok(())
        })?;
        if audited.len() == before {
            let file = file.display();
            return Err(Failure::usage(format!("{file}: there is no history in it")));
        }
    }
    if asked.json {
        let all: Vec<Value> = audited.iter().map(Audited::object).collect();
        printed::print(&format!("{:#}\n", Value::from(all))).map_err(Failure::of_output)?;
    }
    Ok(conclusion(&audited))
}

fn conclusion(audited: &[Audited]) -> Exit {
    let many = |is: fn(&Finding) -> bool| audited.iter().filter(|one| is(&one.finding)).count();
    let impossible = many(|finding| matches!(finding, Finding::Impossible { .. }));
    let undecided = many(|finding| matches!(finding, Finding::Undecided { .. }));
    if undecided > 0 {
        note(format_args!("{undecided} of {} histories are undecided", audited.len()));
    }
    match (impossible, undecided) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::Failed,
        (_, _) => Exit::Wrong,
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
    /// The first user or key whose calls have no order.
    Impossible {
        object: String,
        what: String,
        picture: String,
    },
    /// The first for whom the search was given up; all before have an order.
    Undecided {
        object: String,
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
            Finding::Undecided { object } => format!("{line}{object}: the search was given up\n"),
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
        json!({
            "name": self.name,
            "verdict": self.finding.verdict(),
            "operations": self.operations,
            "left_out": self.left_out,
            "objects": self.objects,
            "seconds": self.took.as_secs_f64(),
            "contradiction": contradiction,
        })
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

type Told<'a> = &'a mut dyn FnMut(Audited) -> Result<(), Failure>;

fn audit_file(file: &Path, asked: &Audit, told: Told<'_>) -> Result<(), Failure> {
    if file == Path::new(STDIN) {
        return audit_text(io::stdin().lock(), file, asked, told);
    }
    let opened = File::open(file);
    let opened = opened.map_err(|error| not_read(file, asked, ReadError::Io(error)))?;
    audit_text(BufReader::new(opened), file, asked, told)
}

fn audit_text(
    text: impl BufRead,
    file: &Path,
    asked: &Audit,
    told: Told<'_>,
) -> Result<(), Failure> {
    let failed = |error| not_read(file, asked, error);
    let name = file.display().to_string();
    match open(text, reading(asked)).map_err(failed)? {
        Recorded::Accounts(recordings) => {
            for (number, recording) in (1..).zip(recordings) {
                let recording = recording.map_err(failed)?;
                let audited = accounts(&name, number, &recording);
                if recording.history.operations.is_empty() && audited.finding.is_nothing() {
                    let reason = format!("{name}: there is no operation in history {number} of it");
                    return Err(Failure::usage(reason));
                }
                told(audited)?;
            }
            Ok(())
        }
        Recorded::Calls(calls) => match calls_of(name, calls, asked) {
            audited if audited.operations + audited.left_out == 0 => Ok(()),
            audited => told(audited),
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

fn calls_of(name: String, Calls { objects, left_out }: Calls, asked: &Audit) -> Audited {
    let audited = match objects {
        Objects::Registers(registers) => {
            let is_one = registers.keys().all(Option::is_none);
            let of = if is_one { String::new() } else { many(registers.len(), " on", "key") };
            let registers = registers.into_iter().map(|(key, calls)| {
                let object = key.map_or("register".to_owned(), |key| format!("key {key}"));
                (object, RegisterModel, calls)
            });
            search(name, of, registers.collect())
        }
        Objects::Kv(keys) => {
            let of = many(keys.len(), " on", "key");
            let keys = keys.into_iter();
            let keys = keys.map(|(key, calls)| (format!("key {key:?}"), KvModel, calls));
            search(name, of, keys.collect())
        }
        Objects::Bank(bank) => search_bank(name, &bank, asked.overdraft),
    };
    Audited { left_out, ..audited }
}

/// ` on 1 key`, ` of 3 users`.
fn many(count: usize, joined: &str, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{joined} {count} {noun}{plural}")
}

/// Asks the ledgers first, who know of every version what it was, and then searches for an order as
/// if there were none.
fn accounts(name: &str, number: u32, recording: &Recording) -> Audited {
    let Recording { strategy, store, history } = recording;
    let name = format!("{name}, {number}: {strategy} on {store}");
    let began = Instant::now();
    let accounts = AccountModel::all_of(history).into_iter();
    let accounts = accounts.map(|(model, calls)| (format!("user {}", model.user()), model, calls));
    let accounts: Vec<_> = accounts.collect();
    let searched = search(name, many(accounts.len(), " of", "user"), accounts);
    let finding = match witness(history) {
        Ok(_examined) => searched.finding,
        Err(violation) => Finding::Impossible {
            object: format!("user {}", violation.user),
            what: format!("{} ({})", violation.what, violation.step),
            picture: violation.picture(),
        },
    };
    Audited { finding, took: began.elapsed(), ..searched }
}

/// Searches every object for an order of its calls.
fn search<M>(name: String, of: String, objects: Vec<Searched<M>>) -> Audited
where
    M: linearizability::Model<Input: Sync, Output: Sync> + Sync,
{
    let began = Instant::now();
    let finding = objects.par_iter().find_map_first(|(object, model, calls)| {
        let object = object.clone();
        match check(model, calls) {
            Verdict::Linearizable => None,
            Verdict::Undecided => Some(Finding::Undecided { object }),
            Verdict::Impossible(found) => Some(Finding::Impossible {
                object,
                what: found.told(model, calls),
                picture: found.picture(model, calls).to_string(),
            }),
        }
    });
    Audited {
        name,
        operations: objects.iter().map(|(_, _, calls)| calls.len()).sum(),
        left_out: 0,
        objects: objects.len(),
        of,
        finding: finding.unwrap_or(Finding::Linearizable),
        took: began.elapsed(),
    }
}

/// Searches a bank, whose accounts are one object, for an order from any of its beginnings.
fn search_bank(name: String, bank: &Bank, overdraft: bool) -> Audited {
    let overdraft = if overdraft { Overdraft::Allowed } else { Overdraft::Forbidden };
    let object = "bank".to_owned();
    let began = Instant::now();
    let finding = match check_bank(bank, overdraft) {
        (Verdict::Linearizable, _) => Finding::Linearizable,
        (Verdict::Impossible(found), Some(model)) => Finding::Impossible {
            object,
            what: format!("{}, if it began {}", found.told(&model, &bank.calls), model.beginning()),
            picture: found.picture(&model, &bank.calls).to_string(),
        },
        (Verdict::Undecided | Verdict::Impossible(_), _) => Finding::Undecided { object },
    };
    Audited {
        name,
        operations: bank.calls.len(),
        left_out: 0,
        objects: 1,
        of: many(bank.accounts.len(), " on", "account"),
        finding,
        took: began.elapsed(),
    }
}

/// A user or a key: its name, its rules, and the calls made of it.
type Searched<M> = (
    String,
    M,
    Vec<Call<<M as linearizability::Model>::Input, <M as linearizability::Model>::Output>>,
);

fn not_read(file: &Path, asked: &Audit, error: ReadError) -> Failure {
    let file = file.display();
    match error {
        ReadError::Io(error) => Failure::failed(format!("cannot read {file}: {error}")),
        // What is not our format at all shows that at its first line.
        ReadError::Malformed { line: 1, reason } if asked.model == Some(Model::Account) => {
            Failure::usage(format!("{file}:1: {reason}; without --model any format is read"))
        }
        ReadError::Malformed { line, reason } => Failure::usage(format!("{file}:{line}: {reason}")),
    }
}
