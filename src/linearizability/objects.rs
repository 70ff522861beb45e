//! Whether a history of many objects has an order: its keys, or its users, which know nothing of each
//! other.
//!
//! A history is linearizable if each of its objects is ([Herlihy and Wing
//! 1990](https://doi.org/10.1145/78969.78972): locality), and impossible as soon as one of them is. It is
//! undecided only if none is impossible and the search of one was given up. So objects that are easily
//! decided come first: every object is searched with a small share of the budget, in parallel, and
//! those that are still open share what is left, with more for each in every round. The order and the
//! names of the objects decide nothing.

use std::time::Instant;

use rayon::prelude::*;

use super::{Budget, Contradiction, Limit, Model, Verdict, budget::Share, check_share};
use crate::history::Call;

/// Steps of each object in the first round, beside as many as it has operations. Histories of a store
/// that is right need few more than one for each operation.
const FIRST_STEPS: usize = 10_000;

/// How many times as many steps an object has in each round as in the one before. What was searched in
/// vain before is then a small part of it all.
const GROWTH: usize = 8;

/// One object: its rules, and the calls that were made of it.
pub type Object<M> = (M, Vec<Call<<M as Model>::Input, <M as Model>::Output>>);

/// What was found of a history. Objects are numbered from 0 in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryVerdict {
    /// Every object has an order.
    Linearizable,
    /// This object has none, and this shows it.
    Impossible {
        /// Which object: the first of those that the same round found.
        object: usize,
        /// Why it has no order.
        contradiction: Contradiction,
    },
    /// No object was found impossible, and these were given up.
    Undecided {
        /// Which objects; at least one.
        objects: Vec<usize>,
        /// What ran out.
        limit: Limit,
    },
}

/// Searches every object for an order of its calls, and gives up when the budget is used up.
///
/// # Panics
/// With a call that returned before it was made.
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
                Verdict::Impossible(contradiction) => {
                    return HistoryVerdict::Impossible { object, contradiction };
                }
                Verdict::Undecided(reached) => {
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
            return HistoryVerdict::Undecided { objects: open, limit };
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
