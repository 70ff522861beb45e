//! One key of a store of texts: put, get, append.
//!
//! Keys do not know of each other, so each is an object of its own.

use std::sync::Arc;

use super::Model;
use crate::history::{KvInput, KvOutput};

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
