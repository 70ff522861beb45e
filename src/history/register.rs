//! Registers that are read, written, and compared and set: one, or one for each key.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// What is asked of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterInput {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(i64),
    /// Hold another, if it holds what is expected.
    CompareAndSet {
        /// What must be held.
        expected: i64,
        /// What is to be held then.
        new: i64,
    },
}

/// What a register answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterOutput {
    /// It held this; nothing before the first write.
    Read(Option<i64>),
    /// It was written, or compared and set.
    Done,
    /// It held something other than was expected, and does still.
    Differed,
}

/// What is asked of a register, and what came back.
pub type RegisterCall = Call<RegisterInput, RegisterOutput>;

/// What a compare-and-set that failed says of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailedCas {
    /// Nothing: the operation did not happen, and that is all that Jepsen means by `:fail`. A client
    /// that was refused, or found no leader, says the same.
    #[default]
    Ignored,
    /// The register held something other than was expected, unless the event says what went wrong.
    Observed,
}

/// The calls made of each register, by its key; a single register has none.
pub(super) type Registers = BTreeMap<Option<String>, Vec<RegisterCall>>;

/// The calls of a history of registers, and how many others say nothing.
pub(super) fn registers(
    events: &[Event],
    failed_cas: FailedCas,
) -> Result<(Registers, usize), ReadError> {
    let mut calls = Calls::new();
    let mut registers = Registers::new();
    let mut has_keys = None;
    for event in events {
        let noted = match event.kind {
            Kind::Invoke => asked(event).and_then(|(key, input)| {
                if *has_keys.get_or_insert(key.is_some()) != key.is_some() {
                    return Err("some operations have a key, and some have none".to_owned());
                }
                registers.entry(key.clone()).or_default();
                calls.begin(event.process, (key, input))
            }),
            _ => calls.end(event.process, event.kind, |begun| ended(event, begun, failed_cas)),
        };
        noted.map_err(|reason| event.refused(reason))?;
    }
    let (calls, left_out) = calls.all();
    for Call { client, input: (key, input), called, answer } in calls {
        registers.entry(key).or_default().push(Call { client, input, called, answer });
    }
    Ok((registers, left_out))
}

type Asked = (Option<String>, RegisterInput);

/// What an event asks for, of which register.
fn asked(event: &Event) -> Result<Asked, String> {
    let (key, value) = keyed(event)?;
    let input = match event.function.as_str() {
        ":read" => RegisterInput::Read,
        ":write" => RegisterInput::Write(whole(value)?),
        ":cas" => {
            let [expected, new] = pair(value)
                .ok_or_else(|| format!("{} is not written like [1 2]", value.quoted()))?;
            RegisterInput::CompareAndSet { expected: whole(expected)?, new: whole(new)? }
        }
        other => return Err(format!("`{other}` is none of :read, :write and :cas")),
    };
    Ok((key, input))
}

/// The key of an event, and its value. Jepsen keeps what is asked of one of many registers as
/// `[key value]`, with or without a tag before it.
fn keyed(event: &Event) -> Result<(Option<String>, &Value), String> {
    let value = match &event.value.form {
        Form::Tagged(tag, inner) => match is_tuple(tag) {
            true => inner,
            false => return Err(format!("the tag of {} is not known", event.value.quoted())),
        },
        _ => &event.value,
    };
    let key = |key: &Value| Some(key.to_string());
    if let Some(field) = &event.key {
        return Ok((key(field), value));
    }
    Ok(match (event.function.as_str(), pair(value)) {
        (":cas", Some([of, inner])) if pair(inner).is_some() => (key(of), inner),
        (":read" | ":write", Some([of, inner])) => (key(of), inner),
        // A set that ends as `[key :timed-out]`.
        (":cas", Some([of, inner])) if inner.is_nil() || inner.is_keyword() => (key(of), inner),
        _ => (None, value),
    })
}

fn is_tuple(tag: &str) -> bool {
    let name = tag.rsplit(['.', '/']).next().unwrap_or(tag);
    ["tuple", "mapentry", "entry"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What became of the operation that `begun` and now ends.
fn ended(
    event: &Event,
    begun: &Asked,
    failed_cas: FailedCas,
) -> Result<Ended<RegisterOutput>, String> {
    let (key, value) = match keyed(event) {
        Err(_) if event.kind != Kind::Ok => (None, &event.value),
        known => known?,
    };
    if !fits(event, key.as_ref(), begun) {
        return Err(format!("process {} ends something other than it began", event.process));
    }
    let is_set = matches!(begun.1, RegisterInput::CompareAndSet { .. });
    let says_why = event.has_error || value.is_keyword() || value.is_nil();
    Ok(match (event.kind, begun.1) {
        (Kind::Ok, RegisterInput::Read) => Ended::Answered(RegisterOutput::Read(held(value)?)),
        (Kind::Ok, _) => Ended::Answered(RegisterOutput::Done),
        // What failed for another reason has not looked at the register.
        (Kind::Fail, _) if is_set && failed_cas == FailedCas::Observed && !says_why => {
            Ended::Answered(RegisterOutput::Differed)
        }
        (Kind::Fail, _) | (_, RegisterInput::Read) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Unknown,
    })
}

/// Whether the event may end what was begun. Where it is not known whether something was written,
/// anything may stand in place of its value.
fn fits(event: &Event, key: Option<&String>, begun: &Asked) -> bool {
    let says_nothing = event.kind != Kind::Ok;
    let same_function = event.function == function(begun.1);
    let same_key = key == begun.0.as_ref() || says_nothing && key.is_none();
    let same_value = begun.1 == RegisterInput::Read
        || match asked(event) {
            Ok((_, input)) => input == begun.1,
            Err(_) => says_nothing || event.value.is_nil(),
        };
    same_function && same_key && same_value
}

fn function(input: RegisterInput) -> &'static str {
    match input {
        RegisterInput::Read => ":read",
        RegisterInput::Write(_) => ":write",
        RegisterInput::CompareAndSet { .. } => ":cas",
    }
}

fn held(value: &Value) -> Result<Option<i64>, String> {
    match value.is_nil() {
        true => Ok(None),
        false => whole(value).map(Some),
    }
}

fn pair(value: &Value) -> Option<[&Value; 2]> {
    match &value.form {
        Form::List(values) => match &values[..] {
            [one, other] => Some([one, other]),
            _ => None,
        },
        _ => None,
    }
}

fn whole(value: &Value) -> Result<i64, String> {
    value.whole().ok_or_else(|| format!("{} is not a whole number", value.quoted()))
}
