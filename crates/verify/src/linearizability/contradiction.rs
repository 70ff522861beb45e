//! The explanation why a history has no order, as text and as a diagram.

use super::{
    Model,
    budget::Share,
    search::{self, Found},
};
use crate::history::{Call, Diagram, Line};

/// Steps of the search for the shortest contradiction, in addition to one for each operation. The
/// violation is certain by then; this search only decides which operation is reported.
const STEPS_MAX: usize = 5_000;

/// The shortest beginning of a history that has no order. All operations that returned before the
/// stuck operation can be put in order, whatever becomes of the pending ones. With the stuck
/// operation they cannot. If the shortest beginning would take too long to find, the stuck
/// operation is the first return that no order of the whole history reaches. Numbers are indices in
/// the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The operation that no order can place.
    pub stuck_op: usize,
    /// The end of an order of the operations that returned before it, oldest first; empty if none
    /// did.
    pub before: Vec<usize>,
    /// Whether no order of any of the calls produces this reply, whatever the real time.
    pub is_unproducible: bool,
}

/// The search gave up.
struct GaveUp;

impl Contradiction {
    /// The shortest contradiction, or this one of the whole history if that takes too long to find.
    ///
    /// If a wrong reply has not been given yet, a search of the whole history is stuck earlier, at
    /// an operation that saw the effect of the wrong one. So this searches longer and longer
    /// beginnings, in which a reply counts only from the time when it was given.
    pub(super) fn minimized<M: Model>(
        self,
        model: &M,
        calls: &[Call<M::Input, M::Output>],
    ) -> Contradiction {
        let shortest = self.shortest(model, calls);
        shortest.unwrap_or(self)
    }

    fn shortest<M: Model>(
        &self,
        model: &M,
        calls: &[Call<M::Input, M::Output>],
    ) -> Result<Contradiction, GaveUp> {
        let share = Share::with_steps(STEPS_MAX + calls.len());
        let order_until = |until| match search::search(model, calls, until, share) {
            Found::Order(last) => Ok(Some(last)),
            Found::NoOrder { .. } => Ok(None),
            Found::GaveUp(_) => Err(GaveUp),
        };
        let mut ends: Vec<u64> = calls.iter().filter_map(Call::returned).collect();
        ends.sort_unstable();
        ends.dedup();
        // All calls that end before `from` have an order, and those that end by `to` have none.
        let mut from = ends.partition_point(|end| Some(*end) < calls[self.stuck_op].returned());
        let (mut to, mut stride) = (from, 1);
        let mut before = None;
        while to + 1 < ends.len() {
            let Some(order) = order_until(ends[to])? else { break };
            before = Some(order);
            from = to + 1;
            to = (to + stride).min(ends.len() - 1);
            stride *= 2;
        }
        while from < to {
            let middle = from.midpoint(to);
            match order_until(ends[middle])? {
                None => to = middle,
                Some(order) => {
                    before = Some(order);
                    from = middle + 1;
                }
            }
        }
        let ends_it = |&call: &usize| calls[call].returned() == Some(ends[to]);
        if ends_it(&self.stuck_op) {
            return Ok(self.clone());
        }
        let stuck_op = (0..calls.len()).find(ends_it).expect("each end is the end of a call");
        Ok(Contradiction { stuck_op, before: before.unwrap_or_default(), is_unproducible: false })
    }

    /// The contradiction in a line or two.
    pub fn describe<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> String {
        let end = calls[self.stuck_op].returned();
        let describe = |call: usize, is_answered: bool| {
            format!(
                "`{}` of client {}",
                display(model, &calls[call], is_answered),
                calls[call].client
            )
        };
        let before = self.before.iter().map(|&call| describe(call, calls[call].returned() < end));
        let (stuck_op, before) = (describe(self.stuck_op, true), before.collect::<Vec<_>>());
        match before.is_empty() {
            _ if self.is_unproducible => {
                format!("{stuck_op} has no place: no order of these operations gives that answer")
            }
            true => format!("{stuck_op} has no place, and nothing returned before it"),
            false => format!(
                "{stuck_op} has no place; before it returned there is an order, which ends with {}",
                before.join(", then ")
            ),
        }
    }

    /// The operations that contradict each other, marked, and the operations around them.
    pub fn diagram<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> Diagram {
        let end = calls[self.stuck_op].returned().unwrap_or(u64::MAX);
        let marked = |call: usize| call == self.stuck_op || self.before.contains(&call);
        let begin = (0..calls.len()).filter(|&call| marked(call)).map(|call| calls[call].called);
        let begin = begin.min().unwrap_or(0);
        // An indeterminate operation is pending for ever, so only its call counts as its time.
        let is_near = |call: usize| {
            let interval =
                calls[call].called..=calls[call].returned().unwrap_or(calls[call].called);
            *interval.start() <= end && begin <= *interval.end()
        };
        let near = (0..calls.len()).filter(|&call| marked(call) || is_near(call));
        let lines = near.map(|call| Line {
            client: calls[call].client,
            called: calls[call].called,
            returned: calls[call].returned(),
            label: display(model, &calls[call], true),
            marked: marked(call),
        });
        Diagram::of(lines.collect())
    }
}

/// An operation with what is known of its outcome: its reply, that it returned later, or nothing.
fn display<M: Model>(model: &M, call: &Call<M::Input, M::Output>, is_answered: bool) -> String {
    match call.output() {
        Some(output) if is_answered => model.describe(&call.input, Some(output)),
        Some(_) => format!("{}: pending", model.describe(&call.input, None)),
        None => format!("{}: unknown", model.describe(&call.input, None)),
    }
}
