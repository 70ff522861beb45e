//! The sequential specification of an object: its state, and the effect of each operation.

use std::hash::Hash;

use crate::history::Call;

/// An object that one client uses at a time.
///
/// Objects that are independent of each other, such as two accounts, are two models and two
/// searches. The code that makes calls of a history separates them.
pub trait Model {
    /// The state of the object.
    type State: Clone + Eq + Hash;
    /// An operation with its arguments. Equal inputs must have equal effects.
    type Input: Eq;
    /// The reply to an operation.
    type Output;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// The state that follows from `state` after `input` with the reply `output`; `None` if the
    /// object could not have replied so.
    fn step(
        &self,
        state: &Self::State,
        input: &Self::Input,
        output: &Self::Output,
    ) -> Option<Self::State>;

    /// The state that follows from `state` if `input` took effect and its reply is not known;
    /// `None` if the state would not change.
    fn step_indeterminate(&self, state: &Self::State, input: &Self::Input) -> Option<Self::State>;

    /// Whether an operation with this reply changes *none* of the states in which it is possible:
    /// this is true of a read and of a rejection. It is not enough that the operation leaves one
    /// state as it is. A write of 5 does so where the value is already 5, but must still follow a
    /// write of 3 if another client saw this order.
    fn is_read_only(&self, input: &Self::Input, output: &Self::Output) -> bool;

    /// Bytes that a state takes on the heap.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }

    /// An operation whose reply no order of these calls can produce, whatever the real time, such
    /// as a read of a value that is never written. `None` proves nothing.
    fn unproducible(&self, _calls: &[Call<Self::Input, Self::Output>]) -> Option<usize> {
        None
    }

    /// The operation in a few words for a person, with its reply if that is known.
    fn describe(&self, input: &Self::Input, output: Option<&Self::Output>) -> String;
}
