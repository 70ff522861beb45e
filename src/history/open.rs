//! Any recorded history: its format is seen from its first bytes, its object from what is called.

use std::{collections::BTreeMap, io::BufRead};

use super::{
    Bank, FailedCas, KvCall, ReadError, Recordings, RegisterCall,
    bank::bank,
    edn::Form,
    event::{Event, events_of_edn},
    input::{Format, Input},
    kv::keys,
    log::events_of_log,
    pairing::Kind,
    register::registers,
};

/// What a history can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// Point accounts, in our own format.
    Accounts,
    /// Registers: one, or one for each key.
    Registers,
    /// A store of texts.
    Kv,
    /// A bank.
    Bank,
}

/// How to read a history. The default is to see everything from the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// What it must be of.
    pub object: Option<Object>,
    /// What a compare-and-set that failed says.
    pub failed_cas: FailedCas,
}

/// What a file has in it.
pub enum Recorded<R> {
    /// Histories of accounts, which are read one after another.
    Accounts(Recordings<R>),
    /// One history of something else, which is read.
    Calls(Calls),
}

/// One history of calls and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The calls of each object.
    pub objects: Objects,
    /// Operations that did not happen, or are reads without an answer: they say nothing.
    pub left_out: usize,
}

/// Calls, object by object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objects {
    /// Those of registers by key; a single register has none.
    Registers(BTreeMap<Option<String>, Vec<RegisterCall>>),
    /// Those of texts by key.
    Kv(BTreeMap<String, Vec<KvCall>>),
    /// Those of a bank.
    Bank(Bank),
}

/// Opens a history of any format.
///
/// # Errors
/// [`ReadError`] with the first line that cannot be, or that it is not of the object that
/// `reading` asks for. What is wrong with a history of accounts is found when it is read.
pub fn open<R: BufRead>(input: R, reading: Reading) -> Result<Recorded<R>, ReadError> {
    let input = Input::of(input);
    match (input.format(), reading.object) {
        (Format::Json, None) | (_, Some(Object::Accounts)) => {
            Ok(Recorded::Accounts(Recordings::from_input(input)))
        }
        (Format::Json, Some(_)) => {
            Err(ReadError::malformed(1, "lines of JSON are a history of accounts"))
        }
        (Format::Edn, _) => calls(&events_of_edn(input)?, reading),
        (Format::Log, _) => calls(&events_of_log(input)?, reading),
    }
}

fn calls<R>(events: &[Event], reading: Reading) -> Result<Recorded<R>, ReadError> {
    let object = match reading.object {
        Some(object) => object,
        None => object_of(events)?,
    };
    let (objects, left_out) = match object {
        Object::Kv => keys(events).map(|(keys, left_out)| (Objects::Kv(keys), left_out))?,
        Object::Bank => bank(events).map(|(bank, left_out)| (Objects::Bank(bank), left_out))?,
        Object::Registers | Object::Accounts => {
            let (registers, left_out) = registers(events, reading.failed_cas)?;
            (Objects::Registers(registers), left_out)
        }
    };
    Ok(Recorded::Calls(Calls { objects, left_out }))
}

/// What a history is of, by the first operation that only one kind of object has. Reads alone are
/// those of a register, unless one has seen balances.
fn object_of(events: &[Event]) -> Result<Object, ReadError> {
    for event in events {
        return Ok(match event.function.as_str() {
            ":write" | ":cas" => Object::Registers,
            ":get" | ":put" | ":append" => Object::Kv,
            ":transfer" => Object::Bank,
            ":read" if event.kind == Kind::Ok && matches!(event.value.form, Form::Map(_)) => {
                Object::Bank
            }
            ":read" => continue,
            other => {
                return Err(event.refused(format!(
                    "`{other}` is no operation of a register (:read, :write, :cas), a store of \
                     texts (:get, :put, :append) or a bank (:read, :transfer)"
                )));
            }
        });
    }
    Ok(Object::Registers)
}

/// Reads a history of one register. What a failed compare-and-set says is ignored.
///
/// # Errors
/// As [`open`], or if it is of registers by key.
pub fn read_register(input: impl BufRead) -> Result<Vec<RegisterCall>, ReadError> {
    let mut registers = match open(input, reading(Object::Registers))? {
        Recorded::Calls(Calls { objects: Objects::Registers(registers), .. }) => registers,
        _ => BTreeMap::new(),
    };
    match registers.keys().any(Option::is_some) {
        true => Err(ReadError::malformed(1, "it is of registers by key, and not of one")),
        false => Ok(registers.remove(&None).unwrap_or_default()),
    }
}

/// Reads a history of a store of texts, key by key.
///
/// # Errors
/// As [`open`].
pub fn read_kv(input: impl BufRead) -> Result<BTreeMap<String, Vec<KvCall>>, ReadError> {
    match open(input, reading(Object::Kv))? {
        Recorded::Calls(Calls { objects: Objects::Kv(keys), .. }) => Ok(keys),
        _ => Ok(BTreeMap::new()),
    }
}

fn reading(object: Object) -> Reading {
    Reading { object: Some(object), ..Reading::default() }
}

#[cfg(test)]
mod tests;
