//! Begins and ends of operations, put together: a log has a line for each.

use std::collections::HashMap;

use super::{Answer, Call};

/// What a line says of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins.
    Invoke,
    /// It is done, and this came back.
    Ok,
    /// It was not done.
    Fail,
    /// Nobody knows.
    Info,
}

impl Kind {
    pub(super) fn of(word: &str) -> Result<Kind, String> {
        match word {
            ":invoke" => Ok(Kind::Invoke),
            ":ok" => Ok(Kind::Ok),
            ":fail" => Ok(Kind::Fail),
            ":info" => Ok(Kind::Info),
            _ => Err(format!("{word:?} is none of :invoke, :ok, :fail and :info")),
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
pub(super) struct Calls<I, O> {
    all: Vec<Option<Call<I, O>>>,
    under_way: HashMap<u64, usize>,
}

impl<I: Clone, O> Calls<I, O> {
    pub(super) fn new() -> Calls<I, O> {
        Calls { all: Vec::new(), under_way: HashMap::new() }
    }

    /// Process `client` begins something.
    pub(super) fn begin(&mut self, client: u64, called: u64, input: I) -> Result<(), String> {
        if self.under_way.insert(client, self.all.len()).is_some() {
            return Err(format!("process {client} has not ended what it began before"));
        }
        self.all.push(Some(Call { client, input, called, answer: None }));
        Ok(())
    }

    /// Process `client` ends what it began, and `ending` says how.
    pub(super) fn end(
        &mut self,
        client: u64,
        returned: u64,
        ending: impl FnOnce(&I) -> Result<Ended<O>, String>,
    ) -> Result<(), String> {
        let begun = self.under_way.remove(&client).and_then(|call| self.all.get_mut(call));
        let Some(slot @ Some(_)) = begun else {
            return Err(format!("process {client} has begun nothing that could end"));
        };
        let call = slot.as_mut().expect("it was just looked at");
        match ending(&call.input)? {
            Ended::Answered(output) => call.answer = Some(Answer { returned, output }),
            Ended::LeftOut => *slot = None,
            Ended::Unknown => {}
        }
        Ok(())
    }

    /// All of them; what is still under way has no answer.
    pub(super) fn all(self) -> impl Iterator<Item = Call<I, O>> {
        self.all.into_iter().flatten()
    }
}
