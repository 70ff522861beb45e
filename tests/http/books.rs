//! Whether an account is whole: its balance, its history and what was acknowledged agree.

use std::{collections::HashMap, fmt};

use axum::http::header;

use crate::{answer::Answer, ask::Ask};

/// What is found to be wrong, if anything is.
pub(crate) type Found = Result<(), String>;

/// One line of a history, and its points with the sign of what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) user: u64,
    pub(crate) change: i64,
}

impl Line {
    /// The whole history of `user`, page after page, from whoever is asked.
    pub(crate) async fn of_all_pages(
        user: u64,
        mut ask: impl AsyncFnMut(Ask) -> Answer,
    ) -> Vec<Line> {
        let (mut lines, mut next) = (Vec::new(), Some(format!("/point/{user}/histories")));
        while let Some(path) = next.take() {
            let page = ask(Ask::get(path)).await;
            lines.extend(Line::all_of(&page));
            next = Line::next_of(&page);
        }
        lines
    }

    /// The lines of one page.
    pub(crate) fn all_of(page: &Answer) -> Vec<Line> {
        let shown = page.json();
        let lines = shown.as_array().unwrap_or_else(|| panic!("no history: {}", page.shown()));
        let number = |line: &serde_json::Value, name: &str| line[name].as_u64().expect("a number");
        let line = |line| {
            let points = i64::try_from(number(line, "amount")).expect("points are few");
            let change = match line["type"].as_str() {
                Some("CHARGE") => points,
                Some("USE") => -points,
                other => panic!("a line of type {other:?}"),
            };
            Line { id: number(line, "id"), user: number(line, "userId"), change }
        };
        lines.iter().map(line).collect()
    }

    /// Where the next page is.
    pub(crate) fn next_of(page: &Answer) -> Option<String> {
        let link = page.header(header::LINK)?;
        let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        Some(path.unwrap_or_else(|| panic!("a link that leads nowhere: {link}")).to_owned())
    }
}

/// What the sender of a command learnt of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was applied, and left this balance.
    Applied(u64),
    /// It changed nothing.
    Refused,
    /// It was applied once, or not at all.
    Unknown,
}

impl End {
    /// What `answer` says of the command that it answers.
    pub(crate) fn of(answer: &Answer) -> End {
        match answer.status {
            200 => End::Applied(answer.point()),
            500 | 503 if answer.code() != "overloaded" => End::Unknown,
            400..500 | 503 => End::Refused,
            _ => panic!("no answer to a command: {}", answer.shown()),
        }
    }
}

/// Commands on one account whose changes all differ, by change, and what became of them.
#[derive(Default)]
pub(crate) struct Told(HashMap<i64, End>);

impl Told {
    pub(crate) fn note(&mut self, change: i64, end: End) {
        let before = self.0.insert(change, end);
        assert!(before.is_none_or(|before| before == end), "{change}: {before:?} and {end:?}");
    }

    pub(crate) fn is_applied(&self, change: i64) -> bool {
        matches!(self.0.get(&change), Some(End::Applied(_)))
    }

    pub(crate) fn applied(&self) -> usize {
        self.0.values().filter(|end| matches!(end, End::Applied(_))).count()
    }

    pub(crate) fn refused(&self) -> usize {
        self.0.values().filter(|end| **end == End::Refused).count()
    }

    pub(crate) fn unknown(&self) -> usize {
        self.0.values().filter(|end| **end == End::Unknown).count()
    }

    /// Holds the account of `user` against what was told of it: ids count up from 1, the balance is
    /// the sum of the history, what was applied is there once and left the balance that its sender
    /// was told, what was refused is not there, and of the rest there is nothing twice.
    pub(crate) fn agrees(&self, user: u64, balance: u64, lines: &[Line]) -> Found {
        let mut sum = 0;
        let mut left: HashMap<i64, i64> = HashMap::new();
        for (line, id) in lines.iter().zip(1..) {
            ensure(line.id == id && line.user == user, || format!("{line:?} is line {id}"))?;
            ensure(self.0.contains_key(&line.change), || format!("{line:?} was never asked for"))?;
            sum += line.change;
            ensure(0 <= sum, || format!("after {line:?} the balance is {sum}"))?;
            let before = left.insert(line.change, sum);
            ensure(before.is_none(), || format!("{line:?} is there twice"))?;
        }
        ensure(i64::try_from(balance) == Ok(sum), || {
            format!("the balance is {balance}, and the history adds up to {sum}")
        })?;
        for (change, end) in &self.0 {
            let left = left.get(change).copied();
            match *end {
                End::Applied(point) => ensure(left == i64::try_from(point).ok(), || {
                    format!("{change} was told to leave {point}, and left {left:?}")
                })?,
                End::Refused => {
                    ensure(left.is_none(), || format!("{change} was refused, and is there"))?;
                }
                End::Unknown => {}
            }
        }
        Ok(())
    }
}

/// What it all came to, so that a run that did too little is seen.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (applied, refused, unknown) = (self.applied(), self.refused(), self.unknown());
        write!(f, "{applied} applied, {refused} refused, {unknown} not known")
    }
}

/// Finds `wrong` unless `right`.
pub(crate) fn ensure(right: bool, wrong: impl FnOnce() -> String) -> Found {
    match right {
        true => Ok(()),
        false => Err(wrong()),
    }
}
