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
    arguments::{Audit, Model},
    failure::{Exit, Failure, note},
    printed,
};
use crate::{
    audit::witness,
    history::{Call, ReadError, Recording, Recordings, read_kv, read_register},
    linearizability::{self, AccountModel, KvModel, RegisterModel, Verdict, check},
};

/// What stands for standard input.
const STDIN: &str = "-";

/// Audits every history of every file.
pub(super) fn audit(asked: &Audit) -> Result<Exit, Failure> {
    let mut audited = Vec::new();
    for file in &asked.files {
        let before = audited.len();
        audit_file(file, asked.model, &mut |history| {
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
    objects: usize,
    kind: Model,
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
        let Audited { name, operations, objects, took, .. } = self;
        let objects = match (self.kind, objects) {
            (Model::Register, _) => String::new(),
            (Model::Account, 1) => " of 1 user".to_owned(),
            (Model::Account, many) => format!(" of {many} users"),
            (Model::Kv, 1) => " on 1 key".to_owned(),
            (Model::Kv, many) => format!(" on {many} keys"),
        };
        let verdict = self.finding.verdict();
        let millis = took.as_secs_f64() * 1e3;
        let line = format!("{name}: {verdict}, {operations} operations{objects}, {millis:.1} ms\n");
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
            "objects": self.objects,
            "seconds": self.took.as_secs_f64(),
            "contradiction": contradiction,
        })
    }
}

impl Finding {
    fn verdict(&self) -> &'static str {
        match self {
            Finding::Linearizable => "linearizable",
            Finding::Impossible { .. } => "impossible",
            Finding::Undecided { .. } => "undecided",
        }
    }
}

type Told<'a> = &'a mut dyn FnMut(Audited) -> Result<(), Failure>;

fn audit_file(file: &Path, model: Model, told: Told<'_>) -> Result<(), Failure> {
    if file == Path::new(STDIN) {
        return audit_text(io::stdin().lock(), file, model, told);
    }
    let opened = File::open(file);
    let opened = opened.map_err(|error| not_read(file, model, ReadError::Io(error)))?;
    audit_text(BufReader::new(opened), file, model, told)
}

fn audit_text(
    text: impl BufRead,
    file: &Path,
    model: Model,
    told: Told<'_>,
) -> Result<(), Failure> {
    let failed = |error| not_read(file, model, error);
    let name = file.display().to_string();
    match model {
        Model::Account => {
            for (number, recording) in (1..).zip(Recordings::of(text)) {
                told(accounts(&name, number, &recording.map_err(failed)?))?;
            }
            Ok(())
        }
        Model::Register => match read_register(text).map_err(failed)? {
            calls if calls.is_empty() => Ok(()),
            calls => told(search(name, model, vec![("register".to_owned(), RegisterModel, calls)])),
        },
        Model::Kv => {
            let keys = read_kv(text).map_err(failed)?.into_iter();
            let keys = keys.map(|(key, calls)| (format!("key {key:?}"), KvModel, calls));
            match keys.collect::<Vec<_>>() {
                keys if keys.is_empty() => Ok(()),
                keys => told(search(name, model, keys)),
            }
        }
    }
}

/// Asks the ledgers first, who know of every version what it was, and then searches for an order as
/// if there were none.
fn accounts(name: &str, number: u32, recording: &Recording) -> Audited {
    let Recording { strategy, store, history } = recording;
    let name = format!("{name}, {number}: {strategy} on {store}");
    let began = Instant::now();
    let accounts = AccountModel::all_of(history).into_iter();
    let accounts = accounts.map(|(model, calls)| (format!("user {}", model.user()), model, calls));
    let searched = search(name, Model::Account, accounts.collect());
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
fn search<M>(name: String, kind: Model, objects: Vec<Object<M>>) -> Audited
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
        objects: objects.len(),
        kind,
        finding: finding.unwrap_or(Finding::Linearizable),
        took: began.elapsed(),
    }
}

/// A user or a key: its name, its rules, and the calls made of it.
type Object<M> = (
    String,
    M,
    Vec<Call<<M as linearizability::Model>::Input, <M as linearizability::Model>::Output>>,
);

fn not_read(file: &Path, model: Model, error: ReadError) -> Failure {
    let file = file.display();
    match error {
        ReadError::Io(error) => Failure::failed(format!("cannot read {file}: {error}")),
        // What is not our format at all is told so at its first line.
        ReadError::Malformed { line: 1, reason } if model == Model::Account => Failure::usage(
            format!("{file}:1: {reason}; a history of another kind needs --model register or kv"),
        ),
        ReadError::Malformed { line, reason } => Failure::usage(format!("{file}:{line}: {reason}")),
    }
}
