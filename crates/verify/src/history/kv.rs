//! A key-value store of texts, with the operations get, put and append.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// An operation on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvInput {
    /// Returns the value.
    Get,
    /// Sets the value.
    Put(String),
    /// Appends to the value.
    Append(String),
}

/// The output of an operation on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvOutput {
    /// The value.
    Got(String),
    /// The value was set or appended to.
    Done,
}

/// A call on one key.
pub type KvCall = Call<KvInput, KvOutput>;

/// The calls on each key.
pub(super) type Keys = BTreeMap<String, Vec<KvCall>>;

/// Returns the calls of a history by key, and the number of operations that are left out.
pub(super) fn keys(events: &[Event]) -> Result<(Keys, usize), ReadError> {
    let mut calls = Calls::new();
    let mut keys = Keys::new();
    for event in events {
        let recorded = match event.kind {
            Kind::Invoke => request(event).and_then(|request| {
                keys.entry(request.0.clone()).or_default();
                calls.begin(event.process, request)
            }),
            _ => calls.end(event.process, event.kind, |begun| ended(event, begun)),
        };
        recorded.map_err(|reason| event.malformed(reason))?;
    }
    let (calls, left_out) = calls.all();
    for Call { client, input: (key, input), called, answer } in calls {
        keys.entry(key).or_default().push(Call { client, input, called, answer });
    }
    Ok((keys, left_out))
}

type Request = (String, KvInput);

fn request(event: &Event) -> Result<Request, String> {
    let text = || match &event.value.form {
        Form::Text(text) => Ok(text.clone()),
        _ => Err(format!("a {} needs a text", event.function)),
    };
    let input = match event.function.as_str() {
        ":get" if event.value.is_nil() => KvInput::Get,
        ":get" => return Err("a :get needs the value nil".to_owned()),
        ":put" => KvInput::Put(text()?),
        ":append" => KvInput::Append(text()?),
        other => return Err(format!("`{other}` is none of :get, :put and :append")),
    };
    Ok((key(event)?, input))
}

fn key(event: &Event) -> Result<String, String> {
    match &event.key {
        Some(Value { form: Form::Text(key), .. }) => Ok(key.clone()),
        Some(other) => Err(format!("the key {} is not a text", other.quoted())),
        None => Err("the operation has no :key".to_owned()),
    }
}

/// Returns how the event ends the operation that began with `begun`.
fn ended(event: &Event, (begun_key, begun): &Request) -> Result<Ended<KvOutput>, String> {
    let is_get = *begun == KvInput::Get;
    let fits = match is_get {
        true => event.function == ":get",
        false => match request(event) {
            Ok((_, input)) => input == *begun,
            Err(_) => event.kind != Kind::Ok && event.function == function(begun),
        },
    };
    if !fits || key(event)? != *begun_key {
        return Err(format!("process {} ends another operation than it began", event.process));
    }
    Ok(match (event.kind, &event.value.form) {
        (Kind::Ok, Form::Text(text)) if is_get => Ended::Answered(KvOutput::Got(text.clone())),
        (Kind::Ok, _) if is_get => return Err("a :get that is :ok needs a text".to_owned()),
        (Kind::Ok, _) => Ended::Answered(KvOutput::Done),
        (Kind::Fail, _) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) if is_get => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Indeterminate,
    })
}

fn function(input: &KvInput) -> &'static str {
    match input {
        KvInput::Get => ":get",
        KvInput::Put(_) => ":put",
        KvInput::Append(_) => ":append",
    }
}
