//! Brute force: tries every order that respects real time, one after another.
//!
//! It is simple, so that its correctness can be seen. It shares only the model with the
//! [search](super::check), remembers nothing and takes no short cut, so it can be compared with the
//! definition line by line. A test compares the search with it on a million small histories.

use super::Model;
use crate::history::Call;

/// The maximum of operations. Eight have 40,320 orders, nine have 362,880.
pub const OPERATIONS_MAX: usize = 8;

/// Returns whether there is an order in which the object gives the same replies.
///
/// # Panics
/// If there are more than [`OPERATIONS_MAX`] operations.
pub fn brute_force_is_linearizable<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
) -> bool {
    assert!(calls.len() <= OPERATIONS_MAX, "{} operations have too many orders", calls.len());
    can_be_completed(model, calls, &mut Vec::new(), &model.initial())
}

/// Whether the order `order`, which leaves the object in `state`, can be completed.
fn can_be_completed<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    order: &mut Vec<usize>,
    state: &M::State,
) -> bool {
    let has_all_answered =
        (0..calls.len()).all(|call| calls[call].answer.is_none() || order.contains(&call));
    if has_all_answered {
        return true;
    }
    for next in 0..calls.len() {
        if order.contains(&next) || another_must_come_first(calls, order, next) {
            continue;
        }
        let Call { input, answer, .. } = &calls[next];
        let after = match answer {
            Some(answer) => model.step(state, input, &answer.output),
            None => model.step_indeterminate(state, input),
        };
        let Some(after) = after else { continue };
        order.push(next);
        let found = can_be_completed(model, calls, order, &after);
        order.pop();
        if found {
            return true;
        }
    }
    false
}

/// Whether an operation that is not in the order returned before `next` was called.
fn another_must_come_first<I, O>(calls: &[Call<I, O>], order: &[usize], next: usize) -> bool {
    let missing = (0..calls.len()).filter(|call| !order.contains(call));
    let mut returns = missing.filter_map(|call| calls[call].answer.as_ref());
    returns.any(|answer| answer.returned < calls[next].called)
}
