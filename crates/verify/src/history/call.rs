//! A call of any object: its input, its output if there is one, and the time of both.
//!
//! A history of an account contains more than a linearizability search may use: versions, ids and
//! ledgers. A call has only the part that every object shows from outside.

/// One call of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<I, O> {
    /// The client.
    pub client: u64,
    /// The input.
    pub input: I,
    /// When the call began, on a clock that all clients share.
    pub called: u64,
    /// The answer; `None` for an indeterminate call. Such a call may have taken effect once at any
    /// time after it began, may do so later, or never.
    pub answer: Option<Answer<O>>,
}

impl<I, O> Call<I, O> {
    /// Returns when the answer came, if there is one.
    pub fn returned(&self) -> Option<u64> {
        self.answer.as_ref().map(|answer| answer.returned)
    }

    /// Returns the output, if there is an answer.
    pub fn output(&self) -> Option<&O> {
        self.answer.as_ref().map(|answer| &answer.output)
    }
}

/// An output and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<O> {
    /// When the answer came, on the clock of the call; not before the call.
    pub returned: u64,
    /// The output.
    pub output: O,
}
