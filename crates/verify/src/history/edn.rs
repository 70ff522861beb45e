//! A reader of EDN, the notation in which Jepsen and Knossos store histories.
//!
//! It reads one value at a time from a stream and knows the line of each. It bounds the depth and
//! the length of values, so that no file overflows the stack or fills memory. A number, a keyword
//! or nil is stored as it was written, because unused fields may have any value. Existing crates
//! for EDN do not suffice: they read a whole text at once, have no positions of values, or do not
//! bound the depth.
//!
//! - EDN: <https://github.com/edn-format/edn>

use std::fmt::{self, Write};

mod reader;

pub(super) use self::reader::{Reader, Values};

/// Maximum depth of nested values.
const DEPTH_MAX: usize = 64;

/// Most characters of a value that a message quotes.
const QUOTED_MAX: usize = 60;

/// A value, and the line where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) line: u64,
    pub(super) form: Form,
}

/// The kinds of value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A number, a keyword, a symbol, a character, a truth value or nil, as it was written.
    Word(String),
    /// A string.
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

    /// Returns the whole number, if the value is one.
    pub(super) fn whole(&self) -> Option<i64> {
        let word = self.word()?;
        word.strip_suffix('N').unwrap_or(word).parse().ok()
    }

    /// Quotes the value for a message, shortened to a readable length.
    pub(super) fn quoted(&self) -> String {
        let whole = self.to_string();
        match whole.char_indices().nth(QUOTED_MAX) {
            Some((end, _)) => format!("`{} ..`", &whole[..end]),
            None => format!("`{whole}`"),
        }
    }
}

/// Prints a value on one line. Control characters are escaped, because a terminal would execute
/// them.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Word(word) => write_escaped(f, word),
            Form::Text(text) => write!(f, "{text:?}"),
            Form::List(values) => write_separated(f, "[", values, "]"),
            Form::Set(values) => write_separated(f, "#{", values, "}"),
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
                write_escaped(f, tag)?;
                write!(f, " {value}")
            }
        }
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    word.chars().try_for_each(|c| match c.is_control() {
        true => write!(f, "{}", c.escape_default()),
        false => f.write_char(c),
    })
}

fn write_separated(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    values: &[Value],
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (number, value) in values.iter().enumerate() {
        let separator = if number == 0 { "" } else { " " };
        write!(f, "{separator}{value}")?;
    }
    f.write_str(close)
}

#[cfg(test)]
mod tests;
