//! Reads and writes histories as lines of JSON, one for each operation.
//!
//! `docs/HISTORY_FORMAT.md` describes the format. A header announces how many lines follow, so that
//! a truncated file does not pass as a shorter history. Another header begins another history.

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
use hotrow::domain::{Account, OperationId, UserId};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A history, with the strategy and the store that produced it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// Name of the strategy.
    pub strategy: String,
    /// Name of the store.
    pub store: String,
    /// The history.
    pub history: History,
}

impl Recording {
    /// Writes the recording as text.
    ///
    /// # Errors
    /// The error of `output`.
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
        operations.iter().try_for_each(|operation| {
            write_line(output, &OperationLine::from_operation(operation))
        })?;
        for ledger in ledgers {
            write_line(output, &LedgerLine::from_ledger(ledger))?;
            let lines = ledger.entries.iter().map(EntryLine::from_entry);
            lines.into_iter().try_for_each(|line| write_line(output, &line))?;
        }
        Ok(())
    }
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// An iterator over the histories of a file. It reads no further than the current history.
pub struct Recordings<R> {
    lines: Lines<R>,
    /// The header of the next history, which ended the one before it.
    next: Option<(u64, Header)>,
}

impl<R: BufRead> Recordings<R> {
    /// Creates an iterator that reads from `input`.
    pub fn of(input: R) -> Recordings<R> {
        Recordings::from_input(Input::new(input))
    }

    pub(super) fn from_input(input: Input<R>) -> Recordings<R> {
        Recordings { lines: Lines::new(input), next: None }
    }

    fn read(&mut self) -> Result<Option<Recording>, ReadError> {
        let Some((line, header)) = self.header()? else { return Ok(None) };
        let mut unfinished =
            Unfinished::from_header(header).map_err(|reason| ReadError::malformed(line, reason))?;
        let mut last = line;
        while let Some((number, text)) = self.lines.next_line()? {
            let malformed = |reason| ReadError::malformed(number, reason);
            match Line::parse(text).map_err(malformed)? {
                Line::Header(next) => {
                    self.next = Some((number, next));
                    break;
                }
                Line::Operation(operation) => {
                    unfinished.operation(number, operation).map_err(malformed)?
                }
                Line::Ledger(ledger) => unfinished.ledger(ledger).map_err(malformed)?,
                Line::Entry(entry) => unfinished.entry(entry).map_err(malformed)?,
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

/// A history whose lines have not all been read.
struct Unfinished {
    recording: Recording,
    /// The counts of operations and ledgers that the header announces.
    announced: (u64, u64),
    /// The count of entries that the last ledger announces.
    entries: u64,
    ids: HashSet<OperationId>,
    users: HashSet<UserId>,
    /// The line of each operation.
    lines: Vec<u64>,
}

impl Unfinished {
    fn from_header(header: Header) -> Result<Unfinished, String> {
        let Header { hotrow_history, strategy, store, policy, operations, ledgers } = header;
        if hotrow_history != FORMAT {
            return Err(format!(
                "format {hotrow_history} is unknown: this version reads format {FORMAT}"
            ));
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
            lines: Vec::new(),
        })
    }

    fn operation(&mut self, number: u64, line: OperationLine) -> Result<(), String> {
        let operation = line.operation()?;
        if !self.recording.history.ledgers.is_empty() {
            return Err("operations come before ledgers".to_owned());
        }
        if operation.action.is_some() && !self.ids.insert(operation.id) {
            return Err(format!("id {} is in use: give each command its own id", operation.id.0));
        }
        self.recording.history.operations.push(operation);
        self.lines.push(number);
        Ok(())
    }

    fn ledger(&mut self, line: LedgerLine) -> Result<(), String> {
        self.check_last_ledger()?;
        let LedgerLine { ledger_of, balance, version, entries } = line;
        let user = UserId::new(ledger_of).map_err(|error| error.to_string())?;
        if !self.users.insert(user) {
            return Err(format!("user {user} already has a ledger: give one ledger for each user"));
        }
        let account = Account { balance, version };
        self.recording.history.ledgers.push(Ledger { user, account, entries: Vec::new() });
        self.entries = entries;
        Ok(())
    }

    fn entry(&mut self, line: EntryLine) -> Result<(), String> {
        let ledger =
            self.recording.history.ledgers.last_mut().ok_or("an entry must follow a ledger")?;
        if ledger.user.value() != line.entry_of || ledger.entries.len() as u64 == self.entries {
            return Err(format!(
                "the entry is not one of the {} entries of user {}",
                self.entries, ledger.user
            ));
        }
        ledger.entries.push(line.entry(ledger.user)?);
        Ok(())
    }

    fn check_last_ledger(&self) -> Result<(), String> {
        match self.recording.history.ledgers.last() {
            Some(ledger) if ledger.entries.len() as u64 != self.entries => Err(format!(
                "the ledger of user {} has {} entries, and announces {}",
                ledger.user,
                ledger.entries.len(),
                self.entries
            )),
            _ => Ok(()),
        }
    }

    fn finish(self, last: u64) -> Result<Recording, ReadError> {
        let malformed = |reason| ReadError::malformed(last, reason);
        self.check_last_ledger().map_err(malformed)?;
        let History { operations, ledgers, .. } = &self.recording.history;
        let found = (operations.len() as u64, ledgers.len() as u64);
        if found != self.announced {
            return Err(malformed(format!(
                "the history ends with {} operations and {} ledgers; announced: {} and {}",
                found.0, found.1, self.announced.0, self.announced.1
            )));
        }
        self.check_clients_are_sequential()?;
        Ok(self.recording)
    }

    /// Checks that each client calls one operation after another. Only an indeterminate operation
    /// may overlap the next.
    fn check_clients_are_sequential(&self) -> Result<(), ReadError> {
        let operations = &self.recording.history.operations;
        let mut by_client: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, operation) in operations.iter().enumerate() {
            by_client.entry(operation.client).or_default().push(number);
        }
        let mut first = None;
        for numbers in by_client.values_mut() {
            numbers.sort_by_key(|&number| (operations[number].called, operations[number].returned));
            for pair in numbers.windows(2) {
                let (earlier, later) = (operations[pair[0]], operations[pair[1]]);
                if earlier.reply != Reply::Indeterminate && later.called < earlier.returned {
                    let lines = (self.lines[pair[1]], self.lines[pair[0]], earlier.client);
                    first = Some(first.map_or(lines, |before| lines.min(before)));
                }
            }
        }
        match first {
            None => Ok(()),
            Some((line, earlier, client)) => {
                let reason =
                    format!("client {client} calls before its operation in line {earlier} returns");
                Err(ReadError::malformed(line, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests;
