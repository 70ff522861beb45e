//! The plainest search there is: every order that respects real time, one after another.
//!
//! It is here to be believed. It shares nothing with the [search](super::check) but the model, keeps
//! no memory of what it tried and takes no short cut, so that it can be read against the definition
//! line by line; and the fast one is held against it on a million small histories.

use super::Model;
use crate::history::Call;

/// The most operations that it takes: of eight there are 40,320 orders, of nine 362,880.
pub const OPERATIONS_MAX: usize = 8;

/// Whether there is an order in which the object would have answered as it did.
///
/// # Panics
/// With more than [`OPERATIONS_MAX`] operations.
pub fn has_order<M: Model>(model: &M, calls: &[Call<M::Input, M::Output>]) -> bool {
    assert!(calls.len() <= OPERATIONS_MAX, "{} operations have too many orders", calls.len());
    goes_on(model, calls, &mut Vec::new(), &model.initial())
}

/// Whether the order `begun`, which leaves the object in `state`, can be brought to an end.
fn goes_on<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    begun: &mut Vec<usize>,
    state: &M::State,
) -> bool {
    let answered_are_placed =
        (0..calls.len()).all(|call| calls[call].answer.is_none() || begun.contains(&call));
    if answered_are_placed {
        return true;
    }
    for next in 0..calls.len() {
        if begun.contains(&next) || another_must_come_first(calls, begun, next) {
            continue;
        }
        let Call { input, answer, .. } = &calls[next];
        let after = match answer {
            Some(answer) => model.step(state, input, &answer.output),
            None => model.step_unknown(state, input),
        };
        let Some(after) = after else { continue };
        begun.push(next);
        let found = goes_on(model, calls, begun, &after);
        begun.pop();
        if found {
            return true;
        }
    }
    false
}

/// Whether some operation that has no place yet had returned before `next` was called.
fn another_must_come_first<I, O>(calls: &[Call<I, O>], begun: &[usize], next: usize) -> bool {
    let without_place = (0..calls.len()).filter(|call| !begun.contains(call));
    let mut returns = without_place.filter_map(|call| calls[call].answer.as_ref());
    returns.any(|answer| answer.returned < calls[next].called)
}
