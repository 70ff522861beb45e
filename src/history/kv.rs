//! Histories of a store of texts, as the Porcupine checker publishes them.
//!
//! `docs/HISTORY_FORMAT.md` describes them. They have no times: the order of the lines is the order of
//! events, so the number of a line serves as its time.

use std::{collections::BTreeMap, io::BufRead};

use super::{
    Call, ReadError,
    lines::Lines,
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

/// Reads such a history, key by key.
///
/// # Errors
/// [`ReadError`] with the first line that is not one of such a history, or cannot stand where it
/// does.
pub fn read_kv(input: impl BufRead) -> Result<BTreeMap<String, Vec<KvCall>>, ReadError> {
    let mut calls = Calls::new();
    let mut lines = Lines::of(input);
    while let Some((number, text)) = lines.next_line()? {
        let event = Event::of(text).map_err(|reason| ReadError::malformed(number, reason))?;
        let noted = match event.kind {
            Kind::Invoke => event
                .asked()
                .and_then(|asked| calls.begin(event.process, number, (event.key.clone(), asked))),
            _ => calls.end(event.process, number, |(key, begun)| event.ended(key, begun)),
        };
        noted.map_err(|reason| ReadError::malformed(number, reason))?;
    }
    let mut keys: BTreeMap<String, Vec<KvCall>> = BTreeMap::new();
    for Call { client, input: (key, input), called, answer } in calls.all() {
        keys.entry(key).or_default().push(Call { client, input, called, answer });
    }
    Ok(keys)
}

/// A line: `{:process 0, :type :invoke, :f :append, :key "4", :value "x"}`.
struct Event {
    process: u64,
    kind: Kind,
    function: String,
    key: String,
    /// Nothing for nil.
    value: Option<String>,
}

impl Event {
    fn of(line: &str) -> Result<Event, String> {
        let mut rest = line;
        expect(&mut rest, "{:process ")?;
        let process = word(&mut rest);
        let number = process.parse();
        let process = number.map_err(|_| format!("process {process:?} is not a number"))?;
        expect(&mut rest, ", :type ")?;
        let kind = Kind::of(word(&mut rest))?;
        expect(&mut rest, ", :f ")?;
        let function = word(&mut rest).to_owned();
        expect(&mut rest, ", :key ")?;
        let key = quoted(&mut rest)?;
        expect(&mut rest, ", :value ")?;
        let value = match rest.strip_prefix("nil") {
            Some(after) => {
                rest = after;
                None
            }
            None => Some(quoted(&mut rest)?),
        };
        expect(&mut rest, "}")?;
        match rest {
            "" => Ok(Event { process, kind, function, key, value }),
            more => Err(format!("{more:?} stands behind the end")),
        }
    }

    fn asked(&self) -> Result<KvInput, String> {
        match (self.function.as_str(), &self.value) {
            (":get", None) => Ok(KvInput::Get),
            (":put", Some(text)) => Ok(KvInput::Put(text.clone())),
            (":append", Some(text)) => Ok(KvInput::Append(text.clone())),
            (":get", Some(_)) => Err("a :get is asked with the value nil".to_owned()),
            (":put" | ":append", None) => Err(format!("a {} needs a text", self.function)),
            (function, _) => Err(format!("{function:?} is none of :get, :put and :append")),
        }
    }

    /// What became of the operation on `key` that `begun` and now ends.
    fn ended(&self, key: &str, begun: &KvInput) -> Result<Ended<KvOutput>, String> {
        let is_get = *begun == KvInput::Get;
        let fits = match is_get {
            true => self.function == ":get",
            false => self.asked().as_ref() == Ok(begun),
        };
        if !fits || self.key != key {
            return Err(format!("process {} ends something other than it began", self.process));
        }
        Ok(match (self.kind, &self.value) {
            (Kind::Ok, Some(text)) if is_get => Ended::Answered(KvOutput::Got(text.clone())),
            (Kind::Ok, None) if is_get => return Err("a :get that is :ok has a text".to_owned()),
            (Kind::Ok, _) => Ended::Answered(KvOutput::Done),
            (Kind::Fail, _) => Ended::LeftOut,
            (Kind::Info | Kind::Invoke, _) if is_get => Ended::LeftOut,
            (Kind::Info | Kind::Invoke, _) => Ended::Unknown,
        })
    }
}

fn expect(rest: &mut &str, wanted: &str) -> Result<(), String> {
    *rest = rest.strip_prefix(wanted).ok_or_else(|| {
        let found: String = rest.chars().take(20).collect();
        format!("{wanted:?} is expected where {found:?} stands")
    })?;
    Ok(())
}

fn word<'a>(rest: &mut &'a str) -> &'a str {
    let (word, after) = rest.split_at(rest.find([',', '}']).unwrap_or(rest.len()));
    *rest = after;
    word
}

/// A text in quotation marks, in which a backslash stands before either of the two.
fn quoted(rest: &mut &str) -> Result<String, String> {
    expect(rest, "\"")?;
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                *rest = &rest[at + 1..];
                return Ok(text);
            }
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                _ => return Err("a backslash stands only before \\ and \"".to_owned()),
            },
            _ => text.push(character),
        }
    }
    Err("a text does not end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPEND: &str = r#"{:process 0, :type :invoke, :f :append, :key "4", :value "x \"0\""}"#;

    /// Keys are objects of their own, and a quotation mark inside a text does not end it.
    #[test]
    fn calls_are_read_key_by_key() {
        let ok = APPEND.replace(":invoke", ":ok");
        let get = r#"{:process 1, :type :invoke, :f :get, :key "5", :value nil}"#;
        let keys = read_kv([APPEND, get, &ok].join("\n").as_bytes()).unwrap();
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["4", "5"]);
        let append = &keys["4"][0];
        assert_eq!(append.input, KvInput::Append("x \"0\"".to_owned()));
        assert_eq!(append.answer.as_ref().map(|answer| answer.returned), Some(3));
        assert_eq!(keys["5"][0].answer, None);
    }

    /// A line that was read as something else would make a verdict of another history.
    #[test]
    fn a_line_that_cannot_be_is_named() {
        let wrong = [
            (APPEND.replace(":invoke", ":ok"), "process 0 has begun nothing that could end"),
            (APPEND.replace(":append", ":get"), "a :get is asked with the value nil"),
            (APPEND.replace(":append", ":drop"), "\":drop\" is none of :get, :put and :append"),
            (APPEND.replace(":process 0", ":process -"), "process \"-\" is not a number"),
            (APPEND.replace("\"}", "}"), "a text does not end"),
            (APPEND.replace(":key", ":kee"), "\", :key \" is expected where"),
            (APPEND.replace('}', "} "), ""),
            (APPEND.replace('}', "}}"), "\"}\" stands behind the end"),
        ];
        for (line, told) in wrong {
            match read_kv(line.as_bytes()) {
                Ok(_) => assert_eq!(told, "", "{line}"),
                Err(error) => {
                    let expected = format!("line 1: {told}");
                    assert!(error.to_string().starts_with(&expected), "{error}");
                }
            }
        }
        let other = APPEND.replace(":invoke", ":ok").replace("\"4\"", "\"5\"");
        let error = read_kv(format!("{APPEND}\n\n{other}").as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "line 3: process 0 ends something other than it began");
    }
}
