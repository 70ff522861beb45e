//! Opens a recorded history of any kind. The first bytes show its format, and the operations its
//! object.

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

/// The object of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// Point accounts, in our own format.
    Accounts,
    /// Registers: one, or one for each key.
    Registers,
    /// A key-value store of texts.
    Kv,
    /// A bank.
    Bank,
}

/// How to read a history. The default takes everything from the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// The object that the history must have.
    pub object: Option<Object>,
    /// The meaning of a failed compare-and-set.
    pub failed_cas: FailedCas,
}

/// The content of a file.
pub enum Recorded<R> {
    /// Histories of accounts, to be read one after another.
    Accounts(Recordings<R>),
    /// One history of another object, already read.
    Calls(Calls),
}

/// One history of calls and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The calls of each object.
    pub objects: Objects,
    /// Number of operations that did not happen or are reads without an answer. They carry no
    /// information.
    pub left_out: usize,
}

/// The calls of each object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objects {
    /// The calls of registers by key; `None` is the key of a single register.
    Registers(BTreeMap<Option<String>, Vec<RegisterCall>>),
    /// The calls of texts by key.
    Kv(BTreeMap<String, Vec<KvCall>>),
    /// The calls of a bank.
    Bank(Bank),
}

/// Opens a history of any format.
///
/// # Errors
/// [`ReadError`] with the first malformed line, or if the history has another object than
/// `reading` requires. Errors in a history of accounts are found when it is read.
pub fn open<R: BufRead>(input: R, reading: Reading) -> Result<Recorded<R>, ReadError> {
    let input = Input::new(input);
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

/// Finds the object by the first operation that only one kind of object has. A history of reads
/// alone has a register, unless a read returned balances.
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
                return Err(event.malformed(format!(
                    "`{other}` is no operation of a register (:read, :write, :cas), a store of \
                     texts (:get, :put, :append) or a bank (:read, :transfer)"
                )));
            }
        });
    }
    Ok(Object::Registers)
}

/// Reads a history of one register. A failed compare-and-set is ignored.
///
/// # Errors
/// As [`open`], or if the history has registers by key.
pub fn read_register(input: impl BufRead) -> Result<Vec<RegisterCall>, ReadError> {
    let mut registers = match open(input, reading(Object::Registers))? {
        Recorded::Calls(Calls { objects: Objects::Registers(registers), .. }) => registers,
        _ => BTreeMap::new(),
    };
    match registers.keys().any(Option::is_some) {
        true => Err(ReadError::malformed(
            1,
            "the history has registers by key: a single register is expected",
        )),
        false => Ok(registers.remove(&None).unwrap_or_default()),
    }
}

/// Reads a history of a key-value store, by key.
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
