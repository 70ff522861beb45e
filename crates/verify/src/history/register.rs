//! Registers with the operations read, write and compare-and-set: one, or one for each key.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// An operation on a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterInput {
    /// Returns the value.
    Read,
    /// Sets the value.
    Write(i64),
    /// Sets a new value, if the register holds the expected one.
    CompareAndSet {
        /// The expected value.
        expected: i64,
        /// The new value.
        new: i64,
    },
}

/// The output of an operation on a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterOutput {
    /// The value; `None` before the first write.
    Read(Option<i64>),
    /// The value was written, or compared and set.
    Done,
    /// The register held another value than expected, and did not change.
    Differed,
}

/// A call on a register.
pub type RegisterCall = Call<RegisterInput, RegisterOutput>;

/// The meaning of a failed compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailedCas {
    /// No observation: Jepsen's `:fail` means only that the operation did not happen. A client that
    /// was rejected or found no leader reports the same.
    #[default]
    Ignored,
    /// The register held another value than expected, unless the event has an error.
    Observed,
}

/// The calls on each register by key; `None` is the key of a single register.
pub(super) type Registers = BTreeMap<Option<String>, Vec<RegisterCall>>;

/// Returns the calls of a history by key, and the number of operations that are left out.
pub(super) fn registers(
    events: &[Event],
    failed_cas: FailedCas,
) -> Result<(Registers, usize), ReadError> {
    let mut calls = Calls::new();
    let mut registers = Registers::new();
    let mut has_keys = None;
    for event in events {
        let recorded = match event.kind {
            Kind::Invoke => request(event).and_then(|(key, input)| {
                if *has_keys.get_or_insert(key.is_some()) != key.is_some() {
                    return Err("some operations have a key, and some have none".to_owned());
                }
                registers.entry(key.clone()).or_default();
                calls.begin(event.process, (key, input))
            }),
            _ => calls.end(event.process, event.kind, |begun| ended(event, begun, failed_cas)),
        };
        recorded.map_err(|reason| event.malformed(reason))?;
    }
    let (calls, left_out) = calls.all();
    for Call { client, input: (key, input), called, answer } in calls {
        registers.entry(key).or_default().push(Call { client, input, called, answer });
    }
    Ok((registers, left_out))
}

type Request = (Option<String>, RegisterInput);

/// Returns the operation that an event begins, and the key of its register.
fn request(event: &Event) -> Result<Request, String> {
    let (key, value) = keyed(event)?;
    let input = match event.function.as_str() {
        ":read" => RegisterInput::Read,
        ":write" => RegisterInput::Write(whole(value)?),
        ":cas" => {
            let [expected, new] = pair(value)
                .ok_or_else(|| format!("{} is not a pair like [1 2]", value.quoted()))?;
            RegisterInput::CompareAndSet { expected: whole(expected)?, new: whole(new)? }
        }
        other => return Err(format!("`{other}` is none of :read, :write and :cas")),
    };
    Ok((key, input))
}

/// Returns the key and the value of an event. For one of many registers Jepsen writes `[key
/// value]`, with or without a tag before it.
fn keyed(event: &Event) -> Result<(Option<String>, &Value), String> {
    let value = match &event.value.form {
        Form::Tagged(tag, inner) => match is_tuple(tag) {
            true => inner,
            false => return Err(format!("the tag of {} is unknown", event.value.quoted())),
        },
        _ => &event.value,
    };
    let key = |key: &Value| Some(key.to_string());
    if let Some(field) = &event.key {
        return Ok((key(field), value));
    }
    Ok(match (event.function.as_str(), pair(value)) {
        (":cas", Some([first, inner])) if pair(inner).is_some() => (key(first), inner),
        (":read" | ":write", Some([first, inner])) => (key(first), inner),
        // A compare-and-set that ends as `[key :timed-out]`.
        (":cas", Some([first, inner])) if inner.is_nil() || inner.is_keyword() => {
            (key(first), inner)
        }
        _ => (None, value),
    })
}

fn is_tuple(tag: &str) -> bool {
    let name = tag.rsplit(['.', '/']).next().unwrap_or(tag);
    ["tuple", "mapentry", "entry"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Returns how the event ends the operation that began with `begun`.
fn ended(
    event: &Event,
    begun: &Request,
    failed_cas: FailedCas,
) -> Result<Ended<RegisterOutput>, String> {
    let (key, value) = match keyed(event) {
        Err(_) if event.kind != Kind::Ok => (None, &event.value),
        known => known?,
    };
    if !fits(event, key.as_ref(), begun) {
        return Err(format!("process {} ends another operation than it began", event.process));
    }
    let is_cas = matches!(begun.1, RegisterInput::CompareAndSet { .. });
    let has_reason = event.has_error || value.is_keyword() || value.is_nil();
    Ok(match (event.kind, begun.1) {
        (Kind::Ok, RegisterInput::Read) => {
            Ended::Answered(RegisterOutput::Read(register_value(value)?))
        }
        (Kind::Ok, _) => Ended::Answered(RegisterOutput::Done),
        // An operation that failed for another reason did not read the register.
        (Kind::Fail, _) if is_cas && failed_cas == FailedCas::Observed && !has_reason => {
            Ended::Answered(RegisterOutput::Differed)
        }
        (Kind::Fail, _) | (_, RegisterInput::Read) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Indeterminate,
    })
}

/// Whether the event may end the operation `begun`. The value of an event that is not `:ok` may be
/// anything.
fn fits(event: &Event, key: Option<&String>, begun: &Request) -> bool {
    let is_not_ok = event.kind != Kind::Ok;
    let same_function = event.function == function(begun.1);
    let same_key = key == begun.0.as_ref() || is_not_ok && key.is_none();
    let same_value = begun.1 == RegisterInput::Read
        || match request(event) {
            Ok((_, input)) => input == begun.1,
            Err(_) => is_not_ok || event.value.is_nil(),
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

fn register_value(value: &Value) -> Result<Option<i64>, String> {
    match value.is_nil() {
        true => Ok(None),
        false => whole(value).map(Some),
    }
}

fn pair(value: &Value) -> Option<[&Value; 2]> {
    match &value.form {
        Form::List(values) => match &values[..] {
            [first, second] => Some([first, second]),
            _ => None,
        },
        _ => None,
    }
}

fn whole(value: &Value) -> Result<i64, String> {
    value.whole().ok_or_else(|| format!("{} is not a whole number", value.quoted()))
}
