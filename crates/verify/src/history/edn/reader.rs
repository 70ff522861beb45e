//! Parses bytes into EDN values.

use std::io::{BufRead, ErrorKind};

use super::{DEPTH_MAX, Form, Value};
use crate::history::{LINE_MAX, ReadError, input::located};

/// Reads values from a stream.
pub(in crate::history) struct Reader<R> {
    input: R,
    line: u64,
    /// Bytes that the current value may still have.
    bytes_left: u64,
}

impl<R: BufRead> Reader<R> {
    /// Creates a reader of `input`, whose first line has this number.
    pub(in crate::history) fn new(input: R, line: u64) -> Reader<R> {
        Reader { input, line, bytes_left: LINE_MAX }
    }

    /// Returns the next value, or `None` at the end of the input.
    pub(in crate::history) fn next_value(&mut self) -> Result<Option<Value>, ReadError> {
        self.next_until(None, 0)
    }

    /// Returns the next value, or `None` at the end of the input. With `open`, a closing bracket
    /// and the line of the opening one, it returns `None` after the closing bracket.
    fn next_until(
        &mut self,
        open: Option<(u8, u64)>,
        depth: usize,
    ) -> Result<Option<Value>, ReadError> {
        loop {
            self.skip_blank()?;
            if depth == 0 {
                self.bytes_left = LINE_MAX;
            }
            let line = self.line;
            let byte = match (self.peek()?, open) {
                (None, None) => return Ok(None),
                (None, Some((close, began))) => {
                    let close = char::from(close);
                    return self.malformed(format!("it ends before the `{close}` of line {began}"));
                }
                (Some(byte), Some((close, _))) if byte == close => {
                    self.take()?;
                    return Ok(None);
                }
                (Some(byte), _) => byte,
            };
            if depth == DEPTH_MAX {
                return self.malformed(format!("values are nested more than {DEPTH_MAX} deep"));
            }
            if let Some(form) = self.form(byte, depth + 1)? {
                return Ok(Some(Value { line, form }));
            }
        }
    }

    /// Parses the value that begins with `byte`. Returns `None` if it is to be ignored.
    fn form(&mut self, byte: u8, depth: usize) -> Result<Option<Form>, ReadError> {
        match byte {
            b'#' => return self.dispatched(depth),
            b']' | b')' | b'}' => self.malformed(format!("`{}` closes nothing", char::from(byte))),
            b'[' => self.values(b']', depth).map(Form::List),
            b'(' => self.values(b')', depth).map(Form::List),
            b'{' => self.pairs(depth),
            b'"' => self.text().map(Form::Text),
            _ => self.word(Vec::new()).map(Form::Word),
        }
        .map(Some)
    }

    /// Parses what begins with `#`: a set, a value to be ignored, a symbolic number such as
    /// `##NaN`, or a tag and its value.
    fn dispatched(&mut self, depth: usize) -> Result<Option<Form>, ReadError> {
        self.take()?;
        match self.peek()? {
            Some(b'{') => self.values(b'}', depth).map(Form::Set).map(Some),
            Some(b'_') => {
                self.take()?;
                self.required(depth).map(|_ignored| None)
            }
            Some(b'#') => self.word(vec![b'#']).map(Form::Word).map(Some),
            _ => {
                let tag = self.word(Vec::new())?;
                if tag.starts_with('<') {
                    let tag = Value { line: self.line, form: Form::Word(format!("#{tag}")) };
                    let reason = format!(
                        "{} is an object printed by Clojure: it cannot be read back",
                        tag.quoted()
                    );
                    return self.malformed(reason);
                }
                self.required(depth).map(|value| Some(Form::Tagged(tag, Box::new(value))))
            }
        }
    }

    fn required(&mut self, depth: usize) -> Result<Value, ReadError> {
        match self.next_until(None, depth)? {
            Some(value) => Ok(value),
            None => self.malformed("the text ends where a value is expected".to_owned()),
        }
    }

    fn values(&mut self, close: u8, depth: usize) -> Result<Vec<Value>, ReadError> {
        let open = Some((close, self.line));
        self.take()?;
        let mut values = Vec::new();
        while let Some(value) = self.next_until(open, depth)? {
            values.push(value);
        }
        Ok(values)
    }

    fn pairs(&mut self, depth: usize) -> Result<Form, ReadError> {
        let mut pairs = Vec::new();
        let mut values = self.values(b'}', depth)?.into_iter();
        while let Some(key) = values.next() {
            let Some(value) = values.next() else {
                let reason = format!("{} has no value in its map", key.quoted());
                return Err(ReadError::malformed(key.line, reason));
            };
            pairs.push((key, value));
        }
        Ok(Form::Map(pairs))
    }

    /// Parses a word, which is at least one byte long unless `begun` has its first bytes.
    fn word(&mut self, begun: Vec<u8>) -> Result<String, ReadError> {
        let mut bytes = begun;
        // A character may be one that would end a word: `\(`.
        let is_character = self.peek()? == Some(b'\\');
        while let Some(byte) = self.peek()? {
            let ends = byte.is_ascii_whitespace() || b",\";()[]{}".contains(&byte);
            if ends && !(is_character && bytes.len() == 1) {
                break;
            }
            bytes.push(byte);
            self.take()?;
        }
        self.utf8(bytes)
    }

    fn text(&mut self) -> Result<String, ReadError> {
        let began = self.line;
        self.take()?;
        let mut bytes = Vec::new();
        loop {
            match self.peek()? {
                None => return self.malformed(format!("the text of line {began} does not end")),
                Some(b'"') => {
                    self.take()?;
                    return self.utf8(bytes);
                }
                Some(b'\\') => {
                    self.take()?;
                    let escaped = self.escaped()?;
                    bytes.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(byte) => {
                    bytes.push(byte);
                    self.take()?;
                }
            }
        }
    }

    /// Parses an escape sequence after its backslash.
    fn escaped(&mut self) -> Result<char, ReadError> {
        let byte = self.peek()?.unwrap_or(b' ');
        let escaped = match byte {
            b'"' | b'\\' => char::from(byte),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.code_point(),
            _ => {
                let found = char::from(byte).escape_default();
                return self.malformed(format!("`\\{found}` is no escape sequence of a text"));
            }
        };
        self.take()?;
        Ok(escaped)
    }

    /// Parses the digits of `u263A`. Half of a surrogate pair becomes a replacement character.
    fn code_point(&mut self) -> Result<char, ReadError> {
        self.take()?;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek()?.and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return self.malformed("`\\u` in a text needs four hexadecimal digits".to_owned());
            };
            code = code * 16 + digit;
            self.take()?;
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Skips white space, commas and comments.
    fn skip_blank(&mut self) -> Result<(), ReadError> {
        let mut is_comment = false;
        while let Some(byte) = self.peek()? {
            match byte {
                b'\n' => is_comment = false,
                _ if is_comment || byte == b',' || byte.is_ascii_whitespace() => {}
                b';' => is_comment = true,
                _ => break,
            }
            self.bytes_left = LINE_MAX.min(self.bytes_left + 1);
            self.take()?;
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let line = self.line;
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(located(error, line)),
            }
        }
    }

    fn take(&mut self) -> Result<(), ReadError> {
        if self.peek()? == Some(b'\n') {
            self.line += 1;
        }
        self.input.consume(1);
        match self.bytes_left.checked_sub(1) {
            Some(bytes_left) => self.bytes_left = bytes_left,
            None => return self.malformed(format!("a value is longer than {LINE_MAX} bytes")),
        }
        Ok(())
    }

    fn utf8(&self, bytes: Vec<u8>) -> Result<String, ReadError> {
        String::from_utf8(bytes).or_else(|_| self.malformed("the text is not UTF-8".to_owned()))
    }

    fn malformed<T>(&self, reason: String) -> Result<T, ReadError> {
        Err(ReadError::malformed(self.line, reason))
    }
}

/// The values of a file: the elements of its only vector or list, or else all values of the file.
pub(in crate::history) struct Values<R> {
    reader: Reader<R>,
    position: Position,
}

#[derive(Clone, Copy)]
enum Position {
    Beginning,
    /// Inside the vector or list: the closing bracket, and the line of the opening one.
    Inside(u8, u64),
    After(u64),
    /// The values are not in a vector or list.
    Outside,
}

impl<R: BufRead> Values<R> {
    pub(in crate::history) fn new(input: R) -> Values<R> {
        Values { reader: Reader::new(input, 1), position: Position::Beginning }
    }

    /// Returns the next value, or `None` at the end.
    pub(in crate::history) fn next_value(&mut self) -> Result<Option<Value>, ReadError> {
        loop {
            match self.position {
                Position::Beginning => {
                    self.reader.skip_blank()?;
                    self.position = match self.reader.peek()? {
                        Some(b'[') => Position::Inside(b']', self.reader.line),
                        Some(b'(') => Position::Inside(b')', self.reader.line),
                        _ => Position::Outside,
                    };
                    if let Position::Inside(..) = self.position {
                        self.reader.take()?;
                    }
                }
                Position::Inside(close, line) => {
                    match self.reader.next_until(Some((close, line)), 0)? {
                        None => self.position = Position::After(line),
                        value => return Ok(value),
                    }
                }
                Position::After(line) => {
                    return match self.reader.next_value()? {
                        None => Ok(None),
                        Some(more) => {
                            let value = more.quoted();
                            let reason =
                                format!("unexpected {value} after the history of line {line}");
                            Err(ReadError::malformed(more.line, reason))
                        }
                    };
                }
                Position::Outside => return self.reader.next_value(),
            }
        }
    }
}
