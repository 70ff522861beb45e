//! One key of a key-value store of texts: put, get, append.
//!
//! Keys are independent of each other, so each is an object of its own.

use std::{collections::HashSet, sync::Arc};

use super::Model;
use crate::history::{KvCall, KvInput, KvOutput};

/// Most comparisons of texts. After that many, every reply counts as possible.
const COMPARISONS_MAX: usize = 10_000_000;

/// One key, empty before its first put or append.
#[derive(Debug, Clone, Copy)]
pub struct KvModel;

impl Model for KvModel {
    type State = Arc<str>;
    type Input = KvInput;
    type Output = KvOutput;

    fn initial(&self) -> Arc<str> {
        Arc::from("")
    }

    fn step(&self, state: &Arc<str>, input: &KvInput, output: &KvOutput) -> Option<Arc<str>> {
        match (input, output) {
            (KvInput::Get, KvOutput::Got(seen)) => (**seen == **state).then(|| Arc::clone(state)),
            (KvInput::Get, KvOutput::Done) | (_, KvOutput::Got(_)) => None,
            (_, KvOutput::Done) => self.step_indeterminate(state, input),
        }
    }

    fn step_indeterminate(&self, state: &Arc<str>, input: &KvInput) -> Option<Arc<str>> {
        match input {
            KvInput::Get => None,
            KvInput::Put(text) => Some(Arc::from(text.as_str())),
            KvInput::Append(text) => Some(Arc::from(format!("{state}{text}"))),
        }
    }

    fn is_read_only(&self, _: &KvInput, output: &KvOutput) -> bool {
        matches!(output, KvOutput::Got(_))
    }

    fn heap_bytes(&self, state: &Arc<str>) -> usize {
        state.len()
    }

    fn unproducible(&self, calls: &[KvCall]) -> Option<usize> {
        let pieces = Pieces::new(calls);
        let mut comparisons_left = COMPARISONS_MAX;
        calls.iter().position(|call| match call.output() {
            Some(KvOutput::Got(seen)) => !pieces.may_make(seen, &mut comparisons_left),
            _ => false,
        })
    }

    fn describe(&self, input: &KvInput, output: Option<&KvOutput>) -> String {
        let operation = match input {
            KvInput::Get => "get".to_owned(),
            KvInput::Put(text) => format!("put {text:?}"),
            KvInput::Append(text) => format!("append {text:?}"),
        };
        match output {
            Some(KvOutput::Got(text)) => format!("{operation}: {text:?}"),
            Some(KvOutput::Done) | None => operation,
        }
    }
}

/// The texts that the value of a key is put together from.
struct Pieces<'a> {
    beginnings: HashSet<&'a str>,
    appended: HashSet<&'a str>,
}

impl<'a> Pieces<'a> {
    fn new(calls: &'a [KvCall]) -> Pieces<'a> {
        let mut pieces = Pieces { beginnings: HashSet::from([""]), appended: HashSet::new() };
        for call in calls {
            match &call.input {
                KvInput::Get => false,
                KvInput::Put(text) => pieces.beginnings.insert(text),
                KvInput::Append(text) => pieces.appended.insert(text),
            };
        }
        pieces
    }

    /// Whether `text` is a beginning followed by appended texts, each any number of times. True if
    /// the comparisons run out first.
    fn may_make(&self, text: &str, comparisons_left: &mut usize) -> bool {
        let starts = self.beginnings.iter().filter(|piece| text.starts_with(**piece));
        let mut ends: Vec<usize> = starts.map(|piece| piece.len()).collect();
        let mut seen = vec![false; text.len() + 1];
        while let Some(end) = ends.pop() {
            if end == text.len() {
                return true;
            }
            if std::mem::replace(&mut seen[end], true) {
                continue;
            }
            match comparisons_left.checked_sub(self.appended.len()) {
                Some(left) => *comparisons_left = left,
                None => return true,
            }
            let behind = &text[end..];
            let next = self.appended.iter().filter(|piece| behind.starts_with(**piece));
            ends.extend(next.map(|piece| end + piece.len()));
        }
        false
    }
}
