//! One key of a store of texts: put, get, append.
//!
//! Keys do not know of each other, so each is an object of its own.

use std::{collections::HashSet, sync::Arc};

use super::Model;
use crate::history::{KvCall, KvInput, KvOutput};

/// Comparisons of texts, after which an answer is taken for one that can be.
const LOOKS_MAX: usize = 10_000_000;

/// One key, empty until it is put or appended to.
#[derive(Debug, Clone, Copy)]
pub struct KvModel;

impl Model for KvModel {
    type State = Arc<str>;
    type Input = KvInput;
    type Output = KvOutput;

    fn initial(&self) -> Arc<str> {
        Arc::from("")
    }

    fn step(&self, held: &Arc<str>, asked: &KvInput, output: &KvOutput) -> Option<Arc<str>> {
        match (asked, output) {
            (KvInput::Get, KvOutput::Got(seen)) => (**seen == **held).then(|| Arc::clone(held)),
            (KvInput::Get, KvOutput::Done) | (_, KvOutput::Got(_)) => None,
            (_, KvOutput::Done) => self.step_unknown(held, asked),
        }
    }

    fn step_unknown(&self, held: &Arc<str>, asked: &KvInput) -> Option<Arc<str>> {
        match asked {
            KvInput::Get => None,
            KvInput::Put(text) => Some(Arc::from(text.as_str())),
            KvInput::Append(text) => Some(Arc::from(format!("{held}{text}"))),
        }
    }

    fn only_looks(&self, _: &KvInput, output: &KvOutput) -> bool {
        matches!(output, KvOutput::Got(_))
    }

    fn heap_bytes(&self, held: &Arc<str>) -> usize {
        held.len()
    }

    fn unproducible(&self, calls: &[KvCall]) -> Option<usize> {
        let pieces = Pieces::of(calls);
        let mut looks_left = LOOKS_MAX;
        calls.iter().position(|call| match call.output() {
            Some(KvOutput::Got(seen)) => !pieces.may_make(seen, &mut looks_left),
            _ => false,
        })
    }

    fn told(&self, asked: &KvInput, output: Option<&KvOutput>) -> String {
        let asked = match asked {
            KvInput::Get => "get".to_owned(),
            KvInput::Put(text) => format!("put {text:?}"),
            KvInput::Append(text) => format!("append {text:?}"),
        };
        match output {
            Some(KvOutput::Got(text)) => format!("{asked}: {text:?}"),
            Some(KvOutput::Done) | None => asked,
        }
    }
}

/// What the texts of a key are put together from.
struct Pieces<'a> {
    beginnings: HashSet<&'a str>,
    appended: HashSet<&'a str>,
}

impl<'a> Pieces<'a> {
    fn of(calls: &'a [KvCall]) -> Pieces<'a> {
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

    /// Whether `text` is a beginning with appended texts behind it, each as often as it takes. True
    /// where that would take too long to find out.
    fn may_make(&self, text: &str, looks_left: &mut usize) -> bool {
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
            match looks_left.checked_sub(self.appended.len()) {
                Some(left) => *looks_left = left,
                None => return true,
            }
            let behind = &text[end..];
            let next = self.appended.iter().filter(|piece| behind.starts_with(**piece));
            ends.extend(next.map(|piece| end + piece.len()));
        }
        false
    }
}
