//! Begins and ends of operations, put together: a history has an event for each.

use std::collections::HashMap;

use super::{Answer, Call, edn::Value};

/// What an event says of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins.
    Invoke,
    /// It is done, and this came back.
    Ok,
    /// It was not done.
    Fail,
    /// Its outcome is not known.
    Info,
}

impl Kind {
    pub(super) fn of(word: &Value) -> Result<Kind, String> {
        match word.word() {
            Some(":invoke") => Ok(Kind::Invoke),
            Some(":ok") => Ok(Kind::Ok),
            Some(":fail") => Ok(Kind::Fail),
            Some(":info") => Ok(Kind::Info),
            _ => Err(format!("{} is none of :invoke, :ok, :fail and :info", word.quoted())),
        }
    }
}

/// What became of an operation that has ended.
pub(super) enum Ended<O> {
    /// It answered.
    Answered(O),
    /// It did not happen, or says nothing: a history without it is the same.
    LeftOut,
    /// It may have taken effect at any time after its call, or may still, or never.
    Unknown,
}

/// Calls in the order in which they were made, some of them under way.
///
/// The events have no times that can be trusted: their number serves as their time.
pub(super) struct Calls<I, O> {
    all: Vec<Option<Call<I, O>>>,
    under_way: HashMap<u64, usize>,
    events: u64,
}

impl<I, O> Calls<I, O> {
    pub(super) fn new() -> Calls<I, O> {
        Calls { all: Vec::new(), under_way: HashMap::new(), events: 0 }
    }

    /// Process `client` begins something.
    pub(super) fn begin(&mut self, client: u64, input: I) -> Result<(), String> {
        self.events += 1;
        if self.under_way.insert(client, self.all.len()).is_some() {
            return Err(format!("process {client} has not ended what it began before"));
        }
        self.all.push(Some(Call { client, input, called: self.events, answer: None }));
        Ok(())
    }

    /// Process `client` ends what it began, and `ending` says how. A process that has begun nothing
    /// may still say that something is not known, and that says nothing.
    pub(super) fn end(
        &mut self,
        client: u64,
        kind: Kind,
        ending: impl FnOnce(&I) -> Result<Ended<O>, String>,
    ) -> Result<(), String> {
        self.events += 1;
        let begun = self.under_way.remove(&client).and_then(|call| self.all.get_mut(call));
        let Some(slot) = begun else {
            return match kind {
                Kind::Info => Ok(()),
                _ => Err(format!("process {client} has begun nothing that could end")),
            };
        };
        let call = slot.as_mut().expect("what is under way has not been left out");
        match ending(&call.input)? {
            Ended::Answered(output) => call.answer = Some(Answer { returned: self.events, output }),
            Ended::LeftOut => *slot = None,
            Ended::Unknown => {}
        }
        Ok(())
    }

    /// All of them, where what is still under way has no answer, and how many were left out.
    pub(super) fn all(self) -> (impl Iterator<Item = Call<I, O>>, usize) {
        let left_out = self.all.iter().filter(|call| call.is_none()).count();
        (self.all.into_iter().flatten(), left_out)
    }
}
