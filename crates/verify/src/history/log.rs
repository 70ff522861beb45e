//! Histories as lines of text: the console output of Jepsen, and its `history.txt`.
//!
//! `docs/HISTORY_FORMAT.md` describes them. They have no times: the order of the lines is the order
//! of the events.

use std::io::BufRead;

use super::{
    ReadError,
    edn::{Reader, Value},
    event::{Event, client, function},
    input::Input,
    lines::Lines,
    pairing::Kind,
};

/// The logger names before an event, after the level and sometimes the time and the thread. They
/// are those of an older Jepsen's console, as the Porcupine checker publishes it, and of today's
/// `jepsen.log`.
const LOGGERS: [&str; 3] = ["jepsen.util - ", "jepsen.util: ", "jepsen.print: "];

/// The levels by which a line is recognized as one of a log.
const LEVELS: [&str; 5] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE"];

/// Reads the events of a text log, in the order of its lines.
pub(super) fn events_of_log(input: Input<impl BufRead>) -> Result<Vec<Event>, ReadError> {
    let mut lines = Lines::new(input);
    let mut events = Vec::new();
    while let Some((number, text)) = lines.next_line()? {
        let Some(message) = message(text) else { continue };
        let event = event(number, message);
        events.extend(event.map_err(|reason| ReadError::malformed(number, reason))?);
    }
    Ok(events)
}

/// Returns the message of a line without the prefix of its logger; `None` if another logger wrote
/// it.
fn message(line: &str) -> Option<&str> {
    let line = line.trim_ascii_start();
    let is_dated = line
        .split_once('-')
        .is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_dated && !LEVELS.iter().any(|level| line.starts_with(level)) {
        return Some(line);
    }
    LOGGERS.iter().find_map(|logger| Some(line.split_once(logger)?.1))
}

/// Parses `4 :invoke :cas [1 2]`, with a tab or spaces between the words. Returns `None` if the
/// event does not belong to a client.
fn event(line: u64, message: &str) -> Result<Option<Event>, String> {
    let mut rest = message.as_bytes();
    let not_an_event = || {
        let start: String = message.chars().take(40).collect();
        format!("{start:?} is no event: an event has a process, a type, a function and a value")
    };
    let next = |rest: &mut &[u8]| match Reader::new(rest, line).next_value() {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(not_an_event()),
        Err(ReadError::Malformed { reason, .. }) => Err(reason),
        Err(error) => Err(error.to_string()),
    };
    let (process, kind) = (next(&mut rest)?, next(&mut rest)?);
    if process.whole().is_none() && !process.is_keyword() && !kind.is_keyword() {
        return Err(not_an_event());
    }
    let kind = Kind::from_value(&kind)?;
    let Some(process) = client(&process, kind)? else { return Ok(None) };
    let function = function(&next(&mut rest)?)?;
    let value = next(&mut rest)?;
    let has_error = has_words_after(rest, kind, &value)?;
    Ok(Some(Event { line, process, kind, function, value, key: None, has_error }))
}

/// Whether there are words after the value. Jepsen writes a tab before an error.
fn has_words_after(rest: &[u8], kind: Kind, value: &Value) -> Result<bool, String> {
    let is_error = rest.starts_with(b"\t") || matches!(kind, Kind::Info | Kind::Fail);
    match rest.trim_ascii() {
        [] => Ok(false),
        _ if is_error => Ok(true),
        more => {
            let more: String = String::from_utf8_lossy(more).chars().take(40).collect();
            Err(format!("unexpected {more:?} after the value {}", value.quoted()))
        }
    }
}
