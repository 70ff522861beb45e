//! Histories as text: a line of JSON for each operation, written and read as they come.
//!
//! `docs/HISTORY_FORMAT.md` describes it. A header says how many lines belong to it, so that a file that was
//! cut off does not pass as a shorter history; another header begins another history.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufRead, Write},
};

use serde::Serialize;

use super::{
    History, Ledger, ReadError, Reply,
    fields::{EntryLine, Header, LedgerLine, Line, OperationLine},
    input::Input,
    lines::Lines,
};
use crate::domain::{Account, OperationId, UserId};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A history, and of what it is one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// Name of the strategy that served it.
    pub strategy: String,
    /// Name of the store that it ran on.
    pub store: String,
    /// What happened.
    pub history: History,
}

impl Recording {
    /// Writes it as text.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let History { policy, operations, ledgers } = &self.history;
        let header = Header {
            hotrow_history: FORMAT,
            strategy: self.strategy.clone(),
            store: self.store.clone(),
            policy: policy.bounds().into(),
            operations: operations.len() as u64,
            ledgers: ledgers.len() as u64,
        };
        write_line(output, &header)?;
        operations.iter().try_for_each(|one| write_line(output, &OperationLine::of(one)))?;
        for ledger in ledgers {
            write_line(output, &LedgerLine::of(ledger))?;
            let lines = ledger.entries.iter().map(EntryLine::of);
            lines.into_iter().try_for_each(|line| write_line(output, &line))?;
        }
        Ok(())
    }
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// Reads histories one after another, and no further than the one that is asked for.
pub struct Recordings<R> {
    lines: Lines<R>,
    /// The header that ended the history before it.
    next: Option<(u64, Header)>,
}

impl<R: BufRead> Recordings<R> {
    /// Reads from `input`.
    pub fn of(input: R) -> Recordings<R> {
        Recordings::from_input(Input::of(input))
    }

    pub(super) fn from_input(input: Input<R>) -> Recordings<R> {
        Recordings { lines: Lines::of(input), next: None }
    }

    fn read(&mut self) -> Result<Option<Recording>, ReadError> {
        let Some((line, header)) = self.header()? else { return Ok(None) };
        let mut unfinished =
            Unfinished::of(header).map_err(|reason| ReadError::malformed(line, reason))?;
        let mut last = line;
        while let Some((number, text)) = self.lines.next_line()? {
            let told = |reason| ReadError::malformed(number, reason);
            match Line::parse(text).map_err(told)? {
                Line::Header(next) => {
                    self.next = Some((number, next));
                    break;
                }
                Line::Operation(operation) => {
                    unfinished.operation(number, operation).map_err(told)?
                }
                Line::Ledger(ledger) => unfinished.ledger(ledger).map_err(told)?,
                Line::Entry(entry) => unfinished.entry(entry).map_err(told)?,
            }
            last = number;
        }
        unfinished.finish(last).map(Some)
    }

    fn header(&mut self) -> Result<Option<(u64, Header)>, ReadError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        let Some((number, text)) = self.lines.next_line()? else { return Ok(None) };
        match Line::parse(text).map_err(|reason| ReadError::malformed(number, reason))? {
            Line::Header(header) => Ok(Some((number, header))),
            _ => Err(ReadError::malformed(number, "a history begins with a header")),
        }
    }
}

impl<R: BufRead> Iterator for Recordings<R> {
    type Item = Result<Recording, ReadError>;

    fn next(&mut self) -> Option<Result<Recording, ReadError>> {
        self.read().transpose()
    }
}

/// A history of which not all lines are read.
struct Unfinished {
    recording: Recording,
    /// Operations and ledgers that the header says there are.
    announced: (u64, u64),
    /// Entries that the last ledger says there are.
    entries: u64,
    ids: HashSet<OperationId>,
    users: HashSet<UserId>,
    /// The line of each operation.
    at: Vec<u64>,
}

impl Unfinished {
    fn of(header: Header) -> Result<Unfinished, String> {
        let Header { hotrow_history, strategy, store, policy, operations, ledgers } = header;
        if hotrow_history != FORMAT {
            return Err(format!("format {hotrow_history} is not known: this reads {FORMAT}"));
        }
        let policy = policy.policy()?;
        Ok(Unfinished {
            recording: Recording {
                strategy,
                store,
                history: History { policy, ..History::default() },
            },
            announced: (operations, ledgers),
            entries: 0,
            ids: HashSet::new(),
            users: HashSet::new(),
            at: Vec::new(),
        })
    }

    fn operation(&mut self, number: u64, line: OperationLine) -> Result<(), String> {
        let operation = line.operation()?;
        if !self.recording.history.ledgers.is_empty() {
            return Err("operations come before ledgers".to_owned());
        }
        if operation.action.is_some() && !self.ids.insert(operation.id) {
            return Err(format!("id {} was given to another operation", operation.id.0));
        }
        self.recording.history.operations.push(operation);
        self.at.push(number);
        Ok(())
    }

    fn ledger(&mut self, line: LedgerLine) -> Result<(), String> {
        self.ledger_is_whole()?;
        let LedgerLine { ledger_of, balance, version, entries } = line;
        let user = UserId::new(ledger_of).map_err(|error| error.to_string())?;
        if !self.users.insert(user) {
            return Err(format!("user {user} has a ledger already"));
        }
        let account = Account { balance, version };
        self.recording.history.ledgers.push(Ledger { user, account, entries: Vec::new() });
        self.entries = entries;
        Ok(())
    }

    fn entry(&mut self, line: EntryLine) -> Result<(), String> {
        let ledger = self.recording.history.ledgers.last_mut().ok_or("an entry is of a ledger")?;
        if ledger.user.value() != line.entry_of || ledger.entries.len() as u64 == self.entries {
            return Err(format!(
                "it is none of the {} entries of user {}",
                self.entries, ledger.user
            ));
        }
        ledger.entries.push(line.entry(ledger.user)?);
        Ok(())
    }

    fn ledger_is_whole(&self) -> Result<(), String> {
        match self.recording.history.ledgers.last() {
            Some(ledger) if ledger.entries.len() as u64 != self.entries => Err(format!(
                "the ledger of user {} has {} entries and was to have {}",
                ledger.user,
                ledger.entries.len(),
                self.entries
            )),
            _ => Ok(()),
        }
    }

    fn finish(self, last: u64) -> Result<Recording, ReadError> {
        let told = |reason| ReadError::malformed(last, reason);
        self.ledger_is_whole().map_err(told)?;
        let History { operations, ledgers, .. } = &self.recording.history;
        let found = (operations.len() as u64, ledgers.len() as u64);
        if found != self.announced {
            return Err(told(format!(
                "the history ends with {} operations and {} ledgers and was to have {} and {}",
                found.0, found.1, self.announced.0, self.announced.1
            )));
        }
        self.clients_ask_one_by_one()?;
        Ok(self.recording)
    }

    /// A client asks one thing after another: only what it never learnt may last longer.
    fn clients_ask_one_by_one(&self) -> Result<(), ReadError> {
        let operations = &self.recording.history.operations;
        let mut by_client: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, operation) in operations.iter().enumerate() {
            by_client.entry(operation.client).or_default().push(number);
        }
        let mut first = None;
        for numbers in by_client.values_mut() {
            numbers.sort_by_key(|&number| (operations[number].called, operations[number].returned));
            for pair in numbers.windows(2) {
                let (one, next) = (operations[pair[0]], operations[pair[1]]);
                if one.reply != Reply::Unknown && next.called < one.returned {
                    let lines = (self.at[pair[1]], self.at[pair[0]], one.client);
                    first = Some(first.map_or(lines, |before| lines.min(before)));
                }
            }
        }
        match first {
            None => Ok(()),
            Some((line, other, client)) => {
                let reason =
                    format!("client {client} had not learnt yet of its operation in line {other}");
                Err(ReadError::malformed(line, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests;
