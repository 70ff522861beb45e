//! Pairs the events that begin and end each operation.

use std::collections::HashMap;

use super::{Answer, Call, edn::Value};

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The operation begins.
    Invoke,
    /// It ended with an output.
    Ok,
    /// It did not happen.
    Fail,
    /// It is indeterminate.
    Info,
}

impl Kind {
    pub(super) fn from_value(value: &Value) -> Result<Kind, String> {
        match value.word() {
            Some(":invoke") => Ok(Kind::Invoke),
            Some(":ok") => Ok(Kind::Ok),
            Some(":fail") => Ok(Kind::Fail),
            Some(":info") => Ok(Kind::Info),
            _ => Err(format!("{} is none of :invoke, :ok, :fail and :info", value.quoted())),
        }
    }
}

/// How an operation ended.
pub(super) enum Ended<O> {
    /// With an output.
    Answered(O),
    /// It did not happen or carries no information. A history without it is the same.
    LeftOut,
    /// It may have taken effect at any time after its call, may do so later, or never.
    Indeterminate,
}

/// Calls in the order of their begin, some of which are pending.
///
/// The times of events are not reliable, so the number of an event is its time.
pub(super) struct Calls<I, O> {
    all: Vec<Option<Call<I, O>>>,
    pending: HashMap<u64, usize>,
    events: u64,
}

impl<I, O> Calls<I, O> {
    pub(super) fn new() -> Calls<I, O> {
        Calls { all: Vec::new(), pending: HashMap::new(), events: 0 }
    }

    /// Process `client` begins an operation.
    pub(super) fn begin(&mut self, client: u64, input: I) -> Result<(), String> {
        self.events += 1;
        if self.pending.insert(client, self.all.len()).is_some() {
            return Err(format!("process {client} begins an operation before its last one ended"));
        }
        self.all.push(Some(Call { client, input, called: self.events, answer: None }));
        Ok(())
    }

    /// Process `client` ends its pending operation, and `ending` says how. A process without a
    /// pending operation may report `:info`, which has no effect.
    pub(super) fn end(
        &mut self,
        client: u64,
        kind: Kind,
        ending: impl FnOnce(&I) -> Result<Ended<O>, String>,
    ) -> Result<(), String> {
        self.events += 1;
        let begun = self.pending.remove(&client).and_then(|call| self.all.get_mut(call));
        let Some(slot) = begun else {
            return match kind {
                Kind::Info => Ok(()),
                _ => Err(format!("process {client} has no operation that could end")),
            };
        };
        let call = slot.as_mut().expect("a pending call is never left out");
        match ending(&call.input)? {
            Ended::Answered(output) => call.answer = Some(Answer { returned: self.events, output }),
            Ended::LeftOut => *slot = None,
            Ended::Indeterminate => {}
        }
        Ok(())
    }

    /// Returns all calls, of which pending ones have no answer, and the number of calls left out.
    pub(super) fn all(self) -> (impl Iterator<Item = Call<I, O>>, usize) {
        let left_out = self.all.iter().filter(|call| call.is_none()).count();
        (self.all.into_iter().flatten(), left_out)
    }
}
