//! One event of a recorded history: that a process begins an operation, or how it ends.
//!
//! Jepsen and Knossos keep an event as a map with `:process`, `:type`, `:f` and `:value`, and lines of
//! text have the same four in this order. What is made of `:f` and `:value` depends on the object.

use std::io::BufRead;

use super::{
    ReadError,
    edn::{Form, Value, Values},
    input::Input,
    pairing::Kind,
};

/// An event of a client.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Where it stands in the file.
    pub(super) line: u64,
    pub(super) process: u64,
    pub(super) kind: Kind,
    /// What is called, such as `:write`.
    pub(super) function: String,
    /// What it is called with, or what came back.
    pub(super) value: Value,
    /// The key, where it has a field of its own.
    pub(super) key: Option<Value>,
    /// Whether it says what went wrong.
    pub(super) has_error: bool,
}

impl Event {
    /// What is wrong with it.
    pub(super) fn refused(&self, reason: impl Into<String>) -> ReadError {
        ReadError::malformed(self.line, reason)
    }
}

/// The events of a history in EDN, in the order of the file, which is the order of time.
pub(super) fn events_of_edn(input: Input<impl BufRead>) -> Result<Vec<Event>, ReadError> {
    let mut values = Values::new(input);
    let mut events = Vec::new();
    let mut index = None;
    while let Some(value) = values.next_value()? {
        let line = value.line;
        let malformed = |reason| ReadError::malformed(line, reason);
        let fields = Fields::of(value).map_err(malformed)?;
        fields.follows(&mut index).map_err(malformed)?;
        events.extend(fields.event(line).map_err(malformed)?);
    }
    Ok(events)
}

/// The fields of an event that are looked at. A history has others, such as `:time`.
#[derive(Default)]
struct Fields {
    process: Option<Value>,
    kind: Option<Value>,
    function: Option<Value>,
    value: Option<Value>,
    key: Option<Value>,
    error: Option<Value>,
    index: Option<Value>,
}

impl Fields {
    fn of(value: Value) -> Result<Fields, String> {
        let pairs = match value.form {
            Form::Map(pairs) => pairs,
            Form::Tagged(ref tag, inner) if tag == "Op" || tag.ends_with(".Op") => {
                return Fields::of(*inner);
            }
            _ => return Err(format!("an operation is a map, and {} is not", value.quoted())),
        };
        let mut fields = Fields::default();
        for (key, value) in pairs {
            let Some(field) = fields.field(key.word().unwrap_or_default()) else { continue };
            if field.replace(value).is_some() {
                return Err(format!("{} stands twice in one operation", key.quoted()));
            }
        }
        Ok(fields)
    }

    fn field(&mut self, key: &str) -> Option<&mut Option<Value>> {
        match key {
            ":process" => Some(&mut self.process),
            ":type" => Some(&mut self.kind),
            ":f" => Some(&mut self.function),
            ":value" => Some(&mut self.value),
            ":key" => Some(&mut self.key),
            ":error" => Some(&mut self.error),
            ":index" => Some(&mut self.index),
            _ => None,
        }
    }

    /// Checks that the index, if there is one, is past the one before: a history that was sorted in
    /// another way would be judged as another history.
    fn follows(&self, before: &mut Option<i64>) -> Result<(), String> {
        let Some(index) = self.index.as_ref().and_then(Value::whole) else { return Ok(()) };
        match before.replace(index) {
            Some(before) if index <= before => {
                Err(format!("index {index} follows index {before}: sort the operations by :index"))
            }
            _ => Ok(()),
        }
    }

    /// The event; nothing if it is not one of a client.
    fn event(self, line: u64) -> Result<Option<Event>, String> {
        let needed = |field: Option<Value>, name| match field {
            Some(value) => Ok(value),
            None => Err(format!("the operation has no {name}")),
        };
        let process = needed(self.process, ":process")?;
        let kind = Kind::of(&needed(self.kind, ":type")?)?;
        let Some(process) = client(&process, kind)? else { return Ok(None) };
        let function = function(&needed(self.function, ":f")?)?;
        let has_error = self.error.is_some_and(|error| !error.is_nil());
        let nil = Value { line, form: Form::Word("nil".to_owned()) };
        let value = self.value.unwrap_or(nil);
        Ok(Some(Event { line, process, kind, function, value, key: self.key, has_error }))
    }
}

/// The number of a client's process; nothing for what is no client. Jepsen's nemesis, which injects
/// faults, has a name for a process and reports with `:info` what it does.
pub(super) fn client(process: &Value, kind: Kind) -> Result<Option<u64>, String> {
    let word = process.word().unwrap_or_default();
    match word.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) if kind == Kind::Info && process.is_keyword() => Ok(None),
        Err(_) => Err(format!("process {} is not a number", process.quoted())),
    }
}

/// The name of what is called.
pub(super) fn function(value: &Value) -> Result<String, String> {
    const LONGEST: usize = 40;
    match value.word() {
        Some(word) if word.len() <= LONGEST && value.is_keyword() => Ok(value.to_string()),
        _ => Err(format!("{} names no operation", value.quoted())),
    }
}
