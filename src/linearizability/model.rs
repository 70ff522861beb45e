//! What an object does when one operation follows another: all that a search has to know of it.

use std::hash::Hash;

use crate::history::Call;

/// An object that is used by one client at a time.
///
/// Objects that are independent of each other, such as two accounts, are two models and two
/// searches: whoever makes calls of a history takes them apart.
pub trait Model {
    /// What the object remembers.
    type State: Clone + Eq + Hash;
    /// What can be asked of it. Equal inputs must have equal effects.
    type Input: Eq;
    /// What it can answer.
    type Output;

    /// The object before anybody has asked anything.
    fn initial(&self) -> Self::State;

    /// The state that follows from `state` if the object was asked `input` and answered `output`;
    /// nothing if it could not have answered so.
    fn step(
        &self,
        state: &Self::State,
        input: &Self::Input,
        output: &Self::Output,
    ) -> Option<Self::State>;

    /// The state that follows from `state` if `input` took effect and nobody learnt the answer;
    /// nothing if it would leave the state as it is.
    fn step_unknown(&self, state: &Self::State, input: &Self::Input) -> Option<Self::State>;

    /// Whether an operation that was answered so leaves as it is *every* state in which it could
    /// have been: a read does, and so does a refusal. That it happens to leave one state as it is
    /// will not do: a write of 5 does where 5 is written already, and must still come after a write
    /// of 3 that somebody else saw it follow.
    fn only_looks(&self, input: &Self::Input, output: &Self::Output) -> bool;

    /// Bytes that a state takes beside itself, as for a text.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }

    /// An operation whose answer no order of any of these calls could give, whatever the real time:
    /// a read of a value that is never written. `None` says nothing.
    fn unproducible(&self, _calls: &[Call<Self::Input, Self::Output>]) -> Option<usize> {
        None
    }

    /// The operation in a few words, for a person, with what came back where that is known.
    fn told(&self, input: &Self::Input, output: Option<&Self::Output>) -> String;
}
