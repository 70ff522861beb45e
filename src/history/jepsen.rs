//! Logs of Jepsen's register test, as the Porcupine checker publishes them.
//!
//! `docs/HISTORY_FORMAT.md` describes them. They have no times: the order of the lines is the order of
//! events, so the number of a line serves as its time.

use std::io::BufRead;

use super::{
    Call, ReadError,
    lines::Lines,
    pairing::{Calls, Ended, Kind},
};

/// What is asked of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterInput {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(i64),
    /// Hold another, if it holds what is expected.
    CompareAndSet {
        /// What must be held.
        expected: i64,
        /// What is to be held then.
        new: i64,
    },
}

/// What a register answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterOutput {
    /// It held this; nothing before the first write.
    Read(Option<i64>),
    /// It was written, or compared and set.
    Done,
    /// It held something other than was expected, and does still.
    Differed,
}

/// What is asked of a register, and what came back.
pub type RegisterCall = Call<RegisterInput, RegisterOutput>;

/// Reads such a log.
///
/// # Errors
/// [`ReadError`] with the first line that is not one of such a log, or cannot stand where it does.
pub fn read_register(input: impl BufRead) -> Result<Vec<RegisterCall>, ReadError> {
    let mut calls = Calls::new();
    let mut lines = Lines::of(input);
    while let Some((number, text)) = lines.next_line()? {
        let event = Event::of(text).map_err(|reason| ReadError::malformed(number, reason))?;
        let noted = match event.kind {
            Kind::Invoke => calls.begin(event.process, number, event.input),
            _ => calls.end(event.process, number, |begun| event.ended(*begun)),
        };
        noted.map_err(|reason| ReadError::malformed(number, reason))?;
    }
    Ok(calls.all().collect())
}

/// A line: `INFO  jepsen.util - 4 :invoke :cas [1 2]`, with a tab or spaces between its words.
struct Event<'a> {
    process: u64,
    kind: Kind,
    /// What is asked; where a line ends a read, without what was read.
    input: RegisterInput,
    value: &'a str,
}

impl Event<'_> {
    fn of(line: &str) -> Result<Event<'_>, String> {
        let told = line.strip_prefix("INFO").map(str::trim_start);
        let told = told.and_then(|rest| rest.strip_prefix("jepsen.util - "));
        let told = told.ok_or("a line begins with `INFO  jepsen.util - `")?;
        let mut rest = told;
        let mut word = || {
            let (word, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            rest = after.trim_start();
            word
        };
        let (process, kind, function) = (word(), word(), word());
        let value = rest;
        let number = process.parse();
        let process = number.map_err(|_| format!("process {process:?} is not a number"))?;
        let kind = Kind::of(kind)?;
        let input = match (kind, value) {
            // What was to be written does not stand where it is not known whether it was.
            (Kind::Info | Kind::Fail, ":timed-out") => asked(function, None)?,
            _ => asked(function, Some(value))?,
        };
        Ok(Event { process, kind, input, value })
    }

    /// What became of the operation that `begun` and now ends.
    fn ended(&self, begun: RegisterInput) -> Result<Ended<RegisterOutput>, String> {
        if !self.fits(begun) {
            return Err(format!("process {} ends something other than it began", self.process));
        }
        Ok(match (self.kind, begun) {
            (Kind::Ok, RegisterInput::Read) => {
                Ended::Answered(RegisterOutput::Read(held(self.value)?))
            }
            (Kind::Ok, _) => Ended::Answered(RegisterOutput::Done),
            (Kind::Fail, RegisterInput::CompareAndSet { .. }) => {
                Ended::Answered(RegisterOutput::Differed)
            }
            (Kind::Fail, _) | (_, RegisterInput::Read) => Ended::LeftOut,
            (Kind::Info | Kind::Invoke, _) => Ended::Unknown,
        })
    }

    fn fits(&self, begun: RegisterInput) -> bool {
        self.value == ":timed-out"
            && std::mem::discriminant(&self.input) == std::mem::discriminant(&begun)
            || self.input == begun
    }
}

/// What a function and its value ask for; without a value anything of that function.
fn asked(function: &str, value: Option<&str>) -> Result<RegisterInput, String> {
    match function {
        ":read" => Ok(RegisterInput::Read),
        ":write" => Ok(RegisterInput::Write(value.map_or(Ok(0), whole)?)),
        ":cas" => {
            let (expected, new) = value.map_or(Ok((0, 0)), pair)?;
            Ok(RegisterInput::CompareAndSet { expected, new })
        }
        _ => Err(format!("{function:?} is none of :read, :write and :cas")),
    }
}

fn held(value: &str) -> Result<Option<i64>, String> {
    match value {
        "nil" => Ok(None),
        _ => whole(value).map(Some),
    }
}

fn pair(value: &str) -> Result<(i64, i64), String> {
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some((expected, new)) = inner.and_then(|inner| inner.split_once(' ')) else {
        return Err(format!("{value:?} is not written like [1 2]"));
    };
    Ok((whole(expected)?, whole(new)?))
}

fn whole(value: &str) -> Result<i64, String> {
    value.parse().map_err(|_| format!("{value:?} is not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Answer;

    fn read(lines: &[&str]) -> Result<Vec<RegisterCall>, ReadError> {
        let lines = lines.iter().map(|line| format!("INFO  jepsen.util - {line}\n"));
        read_register(lines.collect::<String>().as_bytes())
    }

    /// What failed did not happen, what nobody knows of may happen at any time, and a set that
    /// failed saw something else: three ends that must not be taken for each other.
    #[test]
    fn each_end_is_read_as_what_it_says() {
        let calls = read(&[
            "0\t:invoke\t:write\t3",
            "1\t:invoke\t:read\tnil",
            "0\t:info\t:write\t:timed-out",
            "1\t:ok\t:read\tnil",
            "1\t:invoke\t:read\tnil",
            "0\t:invoke\t:cas\t[1 2]",
            "1\t:fail\t:read\t:timed-out",
            "0\t:fail\t:cas\t[1 2]",
            "2\t:invoke\t:write\t4",
        ]);
        let call = |client, input, called, answer: Option<(u64, RegisterOutput)>| Call {
            client,
            input,
            called,
            answer: answer.map(|(returned, output)| Answer { returned, output }),
        };
        let set = RegisterInput::CompareAndSet { expected: 1, new: 2 };
        let expected = [
            call(0, RegisterInput::Write(3), 1, None),
            call(1, RegisterInput::Read, 2, Some((4, RegisterOutput::Read(None)))),
            call(0, set, 6, Some((8, RegisterOutput::Differed))),
            call(2, RegisterInput::Write(4), 9, None),
        ];
        assert_eq!(calls.unwrap(), expected);
    }

    /// A log that is cut, mixed up or of another kind must not pass as a shorter one.
    #[test]
    fn a_line_that_cannot_be_is_named() {
        let begun = "0\t:invoke\t:write\t3";
        let wrong = [
            (&["0\t:ok\t:read\tnil"][..], "line 1: process 0 has begun nothing that could end"),
            (&[begun, begun], "line 2: process 0 has not ended what it began before"),
            (&[begun, "0\t:ok\t:write\t4"], "line 2: process 0 ends something other than it began"),
            (&[begun, "0\t:ok\t:read\t3"], "line 2: process 0 ends something other than it began"),
            (&["x\t:invoke\t:read\tnil"], "line 1: process \"x\" is not a number"),
            (&["0\t:invoke\t:cas\t1 2"], "line 1: \"1 2\" is not written like [1 2]"),
            (&["0\t:began\t:read\tnil"], "line 1: \":began\" is none of"),
            (&["0\t:invoke\t:drop\tnil"], "line 1: \":drop\" is none of"),
            (&["0   :invoke"], "line 1: \"\" is none of :read"),
            (&["0   :invoke :write  3 4"], "line 1: \"3 4\" is not a whole number"),
        ];
        for (lines, told) in wrong {
            let error = read(lines).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
        let error = read_register("WARN\n".as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "line 1: a line begins with `INFO  jepsen.util - `");
    }
}
