//! The check of an account: balance, history and answers must agree.

use std::{collections::HashMap, fmt};

use axum::http::header;

use crate::{answer::Answer, ask::Request};

/// The result of a check; an error says what is wrong.
pub(crate) type CheckResult = Result<(), String>;

/// One entry of a history; `change` is positive for a charge and negative for a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HistoryEntry {
    pub(crate) id: u64,
    pub(crate) user: u64,
    pub(crate) change: i64,
}

impl HistoryEntry {
    /// Reads all pages of the history of `user`.
    pub(crate) async fn read_all(
        user: u64,
        mut call: impl AsyncFnMut(Request) -> Answer,
    ) -> Vec<HistoryEntry> {
        let (mut entries, mut next) = (Vec::new(), Some(format!("/point/{user}/histories")));
        while let Some(path) = next.take() {
            let page = call(Request::get(path)).await;
            entries.extend(HistoryEntry::parse_page(&page));
            next = HistoryEntry::next_page(&page);
        }
        entries
    }

    /// Parses the entries of one page.
    pub(crate) fn parse_page(page: &Answer) -> Vec<HistoryEntry> {
        let body = page.json();
        let entries = body.as_array().unwrap_or_else(|| panic!("no history: {}", page.describe()));
        let number =
            |entry: &serde_json::Value, name: &str| entry[name].as_u64().expect("a number");
        let parse = |entry| {
            let points = i64::try_from(number(entry, "amount")).expect("the amount fits i64");
            let change = match entry["type"].as_str() {
                Some("CHARGE") => points,
                Some("USE") => -points,
                other => panic!("an entry of type {other:?}"),
            };
            HistoryEntry { id: number(entry, "id"), user: number(entry, "userId"), change }
        };
        entries.iter().map(parse).collect()
    }

    /// Returns the path of the next page, if there is one.
    pub(crate) fn next_page(page: &Answer) -> Option<String> {
        let link = page.header(header::LINK)?;
        let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        Some(path.unwrap_or_else(|| panic!("an invalid Link header: {link}")).to_owned())
    }
}

/// The result of a command, as far as its client knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandResult {
    /// The command was applied and left this balance.
    Applied(u64),
    /// The command changed nothing.
    Rejected,
    /// The command was applied once or not at all.
    Indeterminate,
}

impl CommandResult {
    /// Derives the result of a command from its answer.
    pub(crate) fn from_answer(answer: &Answer) -> CommandResult {
        match answer.status {
            200 => CommandResult::Applied(answer.point()),
            500 | 503 if answer.code() != "overloaded" => CommandResult::Indeterminate,
            400..500 | 503 => CommandResult::Rejected,
            _ => panic!("no answer to a command: {}", answer.describe()),
        }
    }
}

/// The commands on one account and their results. Each command has a different change, which
/// identifies it.
#[derive(Default)]
pub(crate) struct CommandLog(HashMap<i64, CommandResult>);

impl CommandLog {
    pub(crate) fn record(&mut self, change: i64, result: CommandResult) {
        let before = self.0.insert(change, result);
        let is_new = before.is_none_or(|before| before == result);
        assert!(is_new, "{change}: {before:?} and {result:?}");
    }

    pub(crate) fn is_applied(&self, change: i64) -> bool {
        matches!(self.0.get(&change), Some(CommandResult::Applied(_)))
    }

    pub(crate) fn applied(&self) -> usize {
        self.0.values().filter(|result| matches!(result, CommandResult::Applied(_))).count()
    }

    pub(crate) fn rejected(&self) -> usize {
        self.0.values().filter(|result| **result == CommandResult::Rejected).count()
    }

    pub(crate) fn indeterminate(&self) -> usize {
        self.0.values().filter(|result| **result == CommandResult::Indeterminate).count()
    }

    /// Checks the account of `user` against the results of its commands. The ids count up from 1.
    /// The balance is the sum of the history. An applied command has one entry and left the balance
    /// in its answer. A rejected command has no entry. An indeterminate one has at most one entry.
    pub(crate) fn check_account(
        &self,
        user: u64,
        balance: u64,
        entries: &[HistoryEntry],
    ) -> CheckResult {
        let mut sum = 0;
        let mut balances: HashMap<i64, i64> = HashMap::new();
        for (entry, id) in entries.iter().zip(1..) {
            ensure(entry.id == id && entry.user == user, || format!("{entry:?} is entry {id}"))?;
            ensure(self.0.contains_key(&entry.change), || format!("{entry:?} was never sent"))?;
            sum += entry.change;
            ensure(0 <= sum, || format!("after {entry:?} the balance is {sum}"))?;
            let before = balances.insert(entry.change, sum);
            ensure(before.is_none(), || format!("{entry:?} occurs twice"))?;
        }
        ensure(i64::try_from(balance) == Ok(sum), || {
            format!("the balance is {balance}, and the sum of the history is {sum}")
        })?;
        for (change, result) in &self.0 {
            let balance = balances.get(change).copied();
            match *result {
                CommandResult::Applied(point) => {
                    ensure(balance == i64::try_from(point).ok(), || {
                        format!("{change} was answered {point}, and the history has {balance:?}")
                    })?;
                }
                CommandResult::Rejected => ensure(balance.is_none(), || {
                    format!("{change} was rejected, and is in the history")
                })?,
                CommandResult::Indeterminate => {}
            }
        }
        Ok(())
    }
}

/// The number of each result, so that a run with too few commands is visible.
impl fmt::Display for CommandLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (applied, rejected) = (self.applied(), self.rejected());
        write!(f, "{applied} applied, {rejected} rejected, {} indeterminate", self.indeterminate())
    }
}

/// Returns the message of `error` unless `condition` holds.
pub(crate) fn ensure(condition: bool, error: impl FnOnce() -> String) -> CheckResult {
    match condition {
        true => Ok(()),
        false => Err(error()),
    }
}
