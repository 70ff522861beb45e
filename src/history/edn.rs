//! A reader of EDN, the notation in which Jepsen and Knossos keep histories, one value at a time.
//!
//! It reads from a stream, names the line of every value, and bounds the depth and the length of
//! what it reads, so that no file overflows the stack or fills memory. What stands for itself (a
//! number, a keyword, nil) is kept as the word that was written: a field that is not used may hold
//! anything. The crates for EDN were looked at and not taken: they read a whole text at once, keep no
//! position of a value, or leave the depth to the stack.
//!
//! - EDN: <https://github.com/edn-format/edn>

use std::fmt::{self, Write};

mod reader;

pub(super) use self::reader::{Reader, Values};

/// How deep values may stand in each other.
const DEPTH_MAX: usize = 64;

/// The most characters of a value that a message quotes.
const QUOTED_MAX: usize = 60;

/// A value, and the line where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) line: u64,
    pub(super) form: Form,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A number, a keyword, a symbol, a character, a truth value or nil, as it was written.
    Word(String),
    /// What stands between quotation marks.
    Text(String),
    /// A vector or a list.
    List(Vec<Value>),
    Set(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tagged(String, Box<Value>),
}

impl Value {
    pub(super) fn word(&self) -> Option<&str> {
        match &self.form {
            Form::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_nil(&self) -> bool {
        self.word() == Some("nil")
    }

    pub(super) fn is_keyword(&self) -> bool {
        self.word().is_some_and(|word| word.starts_with(':'))
    }

    /// The whole number that it is, if it is one.
    pub(super) fn whole(&self) -> Option<i64> {
        let word = self.word()?;
        word.strip_suffix('N').unwrap_or(word).parse().ok()
    }

    /// The value, for a message: not more of it than a person reads.
    pub(super) fn quoted(&self) -> String {
        let whole = self.to_string();
        match whole.char_indices().nth(QUOTED_MAX) {
            Some((end, _)) => format!("`{} ..`", &whole[..end]),
            None => format!("`{whole}`"),
        }
    }
}

/// Shows a value on one line. What would be taken for a command by a terminal is escaped.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Word(word) => shown(f, word),
            Form::Text(text) => write!(f, "{text:?}"),
            Form::List(values) => separated(f, "[", values, "]"),
            Form::Set(values) => separated(f, "#{", values, "}"),
            Form::Map(pairs) => {
                f.write_str("{")?;
                for (number, (key, value)) in pairs.iter().enumerate() {
                    let separator = if number == 0 { "" } else { ", " };
                    write!(f, "{separator}{key} {value}")?;
                }
                f.write_str("}")
            }
            Form::Tagged(tag, value) => {
                f.write_str("#")?;
                shown(f, tag)?;
                write!(f, " {value}")
            }
        }
    }
}

fn shown(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    word.chars().try_for_each(|one| match one.is_control() {
        true => write!(f, "{}", one.escape_default()),
        false => f.write_char(one),
    })
}

fn separated(f: &mut fmt::Formatter<'_>, open: &str, values: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (number, value) in values.iter().enumerate() {
        let separator = if number == 0 { "" } else { " " };
        write!(f, "{separator}{value}")?;
    }
    f.write_str(close)
}

#[cfg(test)]
mod tests;
