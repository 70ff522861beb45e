//! Events of a recorded history: a process begins an operation, or ends one.
//!
//! Jepsen and Knossos store an event as a map with `:process`, `:type`, `:f` and `:value`. Lines of
//! text have the same four fields in this order. The meaning of `:f` and `:value` depends on the
//! object.

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
    /// The line in the file.
    pub(super) line: u64,
    pub(super) process: u64,
    pub(super) kind: Kind,
    /// The name of the operation, such as `:write`.
    pub(super) function: String,
    /// The input or the output.
    pub(super) value: Value,
    /// The key, if it has its own field.
    pub(super) key: Option<Value>,
    /// Whether it has an error.
    pub(super) has_error: bool,
}

impl Event {
    /// Returns an error that names the line of this event.
    pub(super) fn malformed(&self, reason: impl Into<String>) -> ReadError {
        ReadError::malformed(self.line, reason)
    }
}

/// Reads the events of a history in EDN. The order of the file is the order of time.
pub(super) fn events_of_edn(input: Input<impl BufRead>) -> Result<Vec<Event>, ReadError> {
    let mut values = Values::new(input);
    let mut events = Vec::new();
    let mut index = None;
    while let Some(value) = values.next_value()? {
        let line = value.line;
        let malformed = |reason| ReadError::malformed(line, reason);
        let fields = Fields::from_value(value).map_err(malformed)?;
        fields.check_index(&mut index).map_err(malformed)?;
        events.extend(fields.event(line).map_err(malformed)?);
    }
    Ok(events)
}

/// The fields of an event that are used. A history has others, such as `:time`.
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
    fn from_value(value: Value) -> Result<Fields, String> {
        let pairs = match value.form {
            Form::Map(pairs) => pairs,
            Form::Tagged(ref tag, inner) if tag == "Op" || tag.ends_with(".Op") => {
                return Fields::from_value(*inner);
            }
            _ => return Err(format!("an operation must be a map: {} is not one", value.quoted())),
        };
        let mut fields = Fields::default();
        for (key, value) in pairs {
            let Some(field) = fields.field(key.word().unwrap_or_default()) else { continue };
            if field.replace(value).is_some() {
                return Err(format!("{} appears twice in one operation", key.quoted()));
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

    /// Checks that the index, if there is one, is larger than the one before. A history in another
    /// order would be another history.
    fn check_index(&self, before: &mut Option<i64>) -> Result<(), String> {
        let Some(index) = self.index.as_ref().and_then(Value::whole) else { return Ok(()) };
        match before.replace(index) {
            Some(before) if index <= before => {
                Err(format!("index {index} follows index {before}: sort the operations by :index"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the event; `None` if it does not belong to a client.
    fn event(self, line: u64) -> Result<Option<Event>, String> {
        let needed = |field: Option<Value>, name| match field {
            Some(value) => Ok(value),
            None => Err(format!("the operation has no {name}")),
        };
        let process = needed(self.process, ":process")?;
        let kind = Kind::from_value(&needed(self.kind, ":type")?)?;
        let Some(process) = client(&process, kind)? else { return Ok(None) };
        let function = function(&needed(self.function, ":f")?)?;
        let has_error = self.error.is_some_and(|error| !error.is_nil());
        let nil = Value { line, form: Form::Word("nil".to_owned()) };
        let value = self.value.unwrap_or(nil);
        Ok(Some(Event { line, process, kind, function, value, key: self.key, has_error }))
    }
}

/// Returns the process number of a client; `None` if the process is not a client. Jepsen's nemesis,
/// which injects faults, has a name instead of a number and reports its work with `:info`.
pub(super) fn client(process: &Value, kind: Kind) -> Result<Option<u64>, String> {
    let word = process.word().unwrap_or_default();
    match word.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) if kind == Kind::Info && process.is_keyword() => Ok(None),
        Err(_) => Err(format!("process {} is not a number", process.quoted())),
    }
}

/// Returns the name of an operation.
pub(super) fn function(value: &Value) -> Result<String, String> {
    const LEN_MAX: usize = 40;
    match value.word() {
        Some(word) if word.len() <= LEN_MAX && value.is_keyword() => Ok(value.to_string()),
        _ => Err(format!("{} is not the name of an operation", value.quoted())),
    }
}
