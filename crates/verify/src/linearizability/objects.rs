//! Checks a history of many independent objects, such as keys or users.
//!
//! A history is linearizable if each of its objects is ([Herlihy and Wing
//! 1990](https://doi.org/10.1145/78969.78972): locality), and has a violation as soon as one of
//! them does. The verdict is unknown only if no object has a violation and the search of one gave
//! up. So easy objects come first: every object is searched with a small share of the budget, in
//! parallel. Those that are still open share what is left, with more for each in every round. The
//! verdict does not depend on the order and the names of the objects.

use std::time::Instant;

use rayon::prelude::*;

use super::{Budget, Contradiction, Limit, Model, Verdict, budget::Share, check_share};
use crate::history::Call;

/// Steps for each object in the first round, in addition to one for each of its operations.
/// Histories of a correct store need few more steps than operations.
const FIRST_STEPS: usize = 10_000;

/// The growth of the steps for each object from round to round. The steps of all earlier rounds are
/// then a small part of the whole.
const GROWTH: usize = 8;

/// An object: its model, and the calls on it.
pub type Object<M> = (M, Vec<Call<<M as Model>::Input, <M as Model>::Output>>);

/// The verdict on a history. Objects are numbered from 0 in the given order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryVerdict {
    /// Every object has an order.
    Linearizable,
    /// An object has no order, and the contradiction shows why.
    Violation {
        /// The number of the object, the first with a violation in its round.
        object: usize,
        /// Why it has no order.
        contradiction: Contradiction,
    },
    /// No object was found to have a violation, and some searches gave up.
    Unknown {
        /// The numbers of these objects; at least one.
        objects: Vec<usize>,
        /// The limit that was reached.
        limit: Limit,
    },
}

/// Searches every object for an order of its calls, and gives up when the budget is used up.
///
/// # Panics
/// If a call returned before it was made.
pub fn check_objects<M>(objects: &[Object<M>], budget: &Budget) -> HistoryVerdict
where
    M: Model<Input: Sync, Output: Sync> + Sync,
{
    let deadline = Instant::now().checked_add(budget.time);
    let mut open: Vec<usize> = (0..objects.len()).collect();
    let (mut steps_left, mut steps) = (budget.steps, FIRST_STEPS);
    let mut limit = Limit::Steps;
    while !open.is_empty() {
        let is_last = steps.saturating_mul(open.len()) >= steps_left;
        let steps_each = if is_last { steps_left / open.len() } else { steps };
        let at_once = open.len().min(rayon::current_num_threads());
        let share = Share { steps: steps_each, bytes: budget.bytes / at_once, deadline };
        let found: Vec<(usize, Verdict)> =
            open.par_iter().map(|&object| (object, search(&objects[object], share))).collect();
        open.clear();
        for (object, verdict) in found {
            match verdict {
                Verdict::Linearizable => {}
                Verdict::Violation(contradiction) => {
                    return HistoryVerdict::Violation { object, contradiction };
                }
                Verdict::Unknown(reached) => {
                    limit = reached;
                    open.push(object);
                }
            }
        }
        steps_left = steps_left.saturating_sub(steps_each.saturating_mul(open.len()));
        steps = steps.saturating_mul(GROWTH);
        // More steps do not help where memory was full: the next round would fill it again.
        let is_full = limit == Limit::Bytes && open.len() >= at_once;
        if !open.is_empty() && (is_last || is_full || limit == Limit::Time) {
            return HistoryVerdict::Unknown { objects: open, limit };
        }
    }
    HistoryVerdict::Linearizable
}

fn search<M: Model>((model, calls): &Object<M>, share: Share) -> Verdict {
    let steps = share.steps.saturating_add(calls.len());
    check_share(model, calls, Share { steps, ..share })
}

#[cfg(test)]
mod tests;
