//! A store of texts: keys that are got, put and appended to.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// What is asked of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvInput {
    /// What does it hold?
    Get,
    /// Hold this.
    Put(String),
    /// Hold this behind what it holds.
    Append(String),
}

/// What a key answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvOutput {
    /// It held this.
    Got(String),
    /// It was put or appended to.
    Done,
}

/// What is asked of one key, and what came back.
pub type KvCall = Call<KvInput, KvOutput>;

/// The calls made of each key.
pub(super) type Keys = BTreeMap<String, Vec<KvCall>>;

/// The calls of a history of such a store, and how many others say nothing.
pub(super) fn keys(events: &[Event]) -> Result<(Keys, usize), ReadError> {
    let mut calls = Calls::new();
    let mut keys = Keys::new();
    for event in events {
        let noted = match event.kind {
            Kind::Invoke => asked(event).and_then(|asked| {
                keys.entry(asked.0.clone()).or_default();
                calls.begin(event.process, asked)
            }),
            _ => calls.end(event.process, event.kind, |begun| ended(event, begun)),
        };
        noted.map_err(|reason| event.refused(reason))?;
    }
    let (calls, left_out) = calls.all();
    for Call { client, input: (key, input), called, answer } in calls {
        keys.entry(key).or_default().push(Call { client, input, called, answer });
    }
    Ok((keys, left_out))
}

type Asked = (String, KvInput);

fn asked(event: &Event) -> Result<Asked, String> {
    let text = || match &event.value.form {
        Form::Text(text) => Ok(text.clone()),
        _ => Err(format!("a {} needs a text", event.function)),
    };
    let input = match event.function.as_str() {
        ":get" if event.value.is_nil() => KvInput::Get,
        ":get" => return Err("a :get is asked with the value nil".to_owned()),
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

/// What became of the operation that `begun` and now ends.
fn ended(event: &Event, (of, begun): &Asked) -> Result<Ended<KvOutput>, String> {
    let is_get = *begun == KvInput::Get;
    let fits = match is_get {
        true => event.function == ":get",
        false => match asked(event) {
            Ok((_, input)) => input == *begun,
            Err(_) => event.kind != Kind::Ok && event.function == function(begun),
        },
    };
    if !fits || key(event)? != *of {
        return Err(format!("process {} ends something other than it began", event.process));
    }
    Ok(match (event.kind, &event.value.form) {
        (Kind::Ok, Form::Text(text)) if is_get => Ended::Answered(KvOutput::Got(text.clone())),
        (Kind::Ok, _) if is_get => return Err("a :get that is :ok has a text".to_owned()),
        (Kind::Ok, _) => Ended::Answered(KvOutput::Done),
        (Kind::Fail, _) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) if is_get => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Unknown,
    })
}

fn function(input: &KvInput) -> &'static str {
    match input {
        KvInput::Get => ":get",
        KvInput::Put(_) => ":put",
        KvInput::Append(_) => ":append",
    }
}
