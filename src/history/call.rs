//! One call of anything: what was asked, when, and what came back, if anything did.
//!
//! A history of an account has more in it than a search for an order may look at: versions, ids,
//! ledgers. This is the part that any object has, and all that a black box shows.

/// What one client asked and learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<I, O> {
    /// Who asked.
    pub client: u64,
    /// What was asked.
    pub input: I,
    /// When, on a clock that is one for all clients.
    pub called: u64,
    /// What came back; nothing where the client never learnt it. Then it may have taken effect once
    /// at any time after its call, or may still, or never.
    pub answer: Option<Answer<O>>,
}

impl<I, O> Call<I, O> {
    /// When its answer came, if one did.
    pub fn returned(&self) -> Option<u64> {
        self.answer.as_ref().map(|answer| answer.returned)
    }

    /// What came back, if something did.
    pub fn output(&self) -> Option<&O> {
        self.answer.as_ref().map(|answer| &answer.output)
    }
}

/// What came back, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<O> {
    /// When it came, on the clock of the call; not before it.
    pub returned: u64,
    /// What it said.
    pub output: O,
}
