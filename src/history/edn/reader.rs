//! From bytes to values.

use std::io::{BufRead, ErrorKind};

use super::{DEPTH_MAX, Form, Value};
use crate::history::{LINE_MAX, ReadError, input::located};

/// Reads values from a stream.
pub(in crate::history) struct Reader<R> {
    input: R,
    line: u64,
    /// Bytes that the value at hand may still have.
    room: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads from `input`, whose first line has this number.
    pub(in crate::history) fn new(input: R, line: u64) -> Reader<R> {
        Reader { input, line, room: LINE_MAX }
    }

    /// The next value; nothing at the end of the input.
    pub(in crate::history) fn next_value(&mut self) -> Result<Option<Value>, ReadError> {
        self.next_until(None, 0)
    }

    /// The next value; nothing at the end of the input, or past the bracket that closes what `open`
    /// says: which bracket it is, and the line of its other half.
    fn next_until(
        &mut self,
        open: Option<(u8, u64)>,
        depth: usize,
    ) -> Result<Option<Value>, ReadError> {
        loop {
            self.skip_blank()?;
            if depth == 0 {
                self.room = LINE_MAX;
            }
            let line = self.line;
            let byte = match (self.peek()?, open) {
                (None, None) => return Ok(None),
                (None, Some((close, began))) => {
                    let close = char::from(close);
                    return self.refuse(format!("it ends before the `{close}` of line {began}"));
                }
                (Some(byte), Some((close, _))) if byte == close => {
                    self.take()?;
                    return Ok(None);
                }
                (Some(byte), _) => byte,
            };
            if depth == DEPTH_MAX {
                return self.refuse(format!("its values are more than {DEPTH_MAX} deep"));
            }
            if let Some(form) = self.form(byte, depth + 1)? {
                return Ok(Some(Value { line, form }));
            }
        }
    }

    /// What begins with `byte`; nothing if it is to be ignored.
    fn form(&mut self, byte: u8, depth: usize) -> Result<Option<Form>, ReadError> {
        match byte {
            b'#' => return self.dispatched(depth),
            b']' | b')' | b'}' => self.refuse(format!("`{}` closes nothing", char::from(byte))),
            b'[' => self.values(b']', depth).map(Form::List),
            b'(' => self.values(b')', depth).map(Form::List),
            b'{' => self.pairs(depth),
            b'"' => self.text().map(Form::Text),
            _ => self.word(Vec::new()).map(Form::Word),
        }
        .map(Some)
    }

    /// What begins with `#`: a set, something to be ignored, a symbol for a number that is none, or a
    /// tag and its value.
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
                    let reason =
                        format!("{} was written for people: it cannot be read", tag.quoted());
                    return self.refuse(reason);
                }
                self.required(depth).map(|value| Some(Form::Tagged(tag, Box::new(value))))
            }
        }
    }

    fn required(&mut self, depth: usize) -> Result<Value, ReadError> {
        match self.next_until(None, depth)? {
            Some(value) => Ok(value),
            None => self.refuse("it ends where a value is missing".to_owned()),
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

    /// A word, which is at least one byte unless something is in `begun` already.
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
                None => return self.refuse(format!("the text of line {began} does not end")),
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

    /// The character for which what follows a backslash stands.
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
                return self.refuse(format!("`\\{found}` in a text stands for nothing"));
            }
        };
        self.take()?;
        Ok(escaped)
    }

    /// What `u263A` stands for; half of a pair stands for a character that cannot be shown.
    fn code_point(&mut self) -> Result<char, ReadError> {
        self.take()?;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek()?.and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return self.refuse("`\\u` in a text needs four hexadecimal digits".to_owned());
            };
            code = code * 16 + digit;
            self.take()?;
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// White space, commas and comments.
    fn skip_blank(&mut self) -> Result<(), ReadError> {
        let mut is_comment = false;
        while let Some(byte) = self.peek()? {
            match byte {
                b'\n' => is_comment = false,
                _ if is_comment || byte == b',' || byte.is_ascii_whitespace() => {}
                b';' => is_comment = true,
                _ => break,
            }
            self.room = LINE_MAX.min(self.room + 1);
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
        match self.room.checked_sub(1) {
            Some(room) => self.room = room,
            None => return self.refuse(format!("a value is longer than {LINE_MAX} bytes")),
        }
        Ok(())
    }

    fn utf8(&self, bytes: Vec<u8>) -> Result<String, ReadError> {
        String::from_utf8(bytes).or_else(|_| self.refuse("it is not UTF-8".to_owned()))
    }

    fn refuse<T>(&self, reason: String) -> Result<T, ReadError> {
        Err(ReadError::malformed(self.line, reason))
    }
}

/// The values of a file: those in the one vector or list that it consists of, or all that stand in it
/// one after another.
pub(in crate::history) struct Values<R> {
    reader: Reader<R>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Beginning,
    /// Inside the vector or list: what closes it, and the line where it began.
    Inside(u8, u64),
    Behind(u64),
    /// Values stand in the file itself.
    Outside,
}

impl<R: BufRead> Values<R> {
    pub(in crate::history) fn new(input: R) -> Values<R> {
        Values { reader: Reader::new(input, 1), place: Place::Beginning }
    }

    /// The next value; nothing at the end.
    pub(in crate::history) fn next_value(&mut self) -> Result<Option<Value>, ReadError> {
        loop {
            match self.place {
                Place::Beginning => {
                    self.reader.skip_blank()?;
                    self.place = match self.reader.peek()? {
                        Some(b'[') => Place::Inside(b']', self.reader.line),
                        Some(b'(') => Place::Inside(b')', self.reader.line),
                        _ => Place::Outside,
                    };
                    if let Place::Inside(..) = self.place {
                        self.reader.take()?;
                    }
                }
                Place::Inside(close, line) => {
                    match self.reader.next_until(Some((close, line)), 0)? {
                        None => self.place = Place::Behind(line),
                        value => return Ok(value),
                    }
                }
                Place::Behind(line) => {
                    return match self.reader.next_value()? {
                        None => Ok(None),
                        Some(more) => {
                            let more_is = more.quoted();
                            let reason =
                                format!("{more_is} stands behind the history of line {line}");
                            Err(ReadError::malformed(more.line, reason))
                        }
                    };
                }
                Place::Outside => return self.reader.next_value(),
            }
        }
    }
}
