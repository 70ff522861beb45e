//! Why a history has no order, in words and as a picture.

use super::{
    Model,
    budget::Share,
    search::{self, Found},
};
use crate::history::{Call, Line, Picture};

/// Steps of a search for the first contradiction, beside as many as there are operations. That a
/// history is impossible is known by then, and only whom to blame is not.
const STEPS_MAX: usize = 5_000;

/// The shortest beginning of a history that has no order: everything that returned before the misfit
/// can be put in order, whatever becomes of those under way, and with the misfit nothing can. Where it
/// would take too long to find, the misfit is the first return that no order of the whole history
/// reaches. Numbers are places in the calls that were searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The operation that has no place.
    pub misfit: usize,
    /// How an order of what returned before it ends, oldest first; empty if nothing did.
    pub before: Vec<usize>,
    /// Whether no order of any of the calls could give this answer, whatever the real time.
    pub is_unproducible: bool,
}

/// A search was given up.
struct GaveUp;

impl Contradiction {
    /// The first contradiction, or this one, of the whole history, if that is not found in time.
    ///
    /// A search of the whole history is stuck early where an answer is wrong that has not been given
    /// yet: who saw its effect has no place either. So longer and longer beginnings are searched, in
    /// which answers count from when they were given.
    pub(super) fn or_first<M: Model>(
        self,
        model: &M,
        calls: &[Call<M::Input, M::Output>],
    ) -> Contradiction {
        let first = self.first(model, calls);
        first.unwrap_or(self)
    }

    fn first<M: Model>(
        &self,
        model: &M,
        calls: &[Call<M::Input, M::Output>],
    ) -> Result<Contradiction, GaveUp> {
        let share = Share::of_steps(STEPS_MAX + calls.len());
        let order_until = |until| match search::search(model, calls, until, share) {
            Found::Order(last) => Ok(Some(last)),
            Found::NoOrder { .. } => Ok(None),
            Found::GaveUp(_) => Err(GaveUp),
        };
        let mut ends: Vec<u64> = calls.iter().filter_map(Call::returned).collect();
        ends.sort_unstable();
        ends.dedup();
        // Everything that ends before `from` has an order, and with `to` there is none.
        let mut from = ends.partition_point(|end| Some(*end) < calls[self.misfit].returned());
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
        if ends_it(&self.misfit) {
            return Ok(self.clone());
        }
        let misfit = (0..calls.len()).find(ends_it).expect("it is the end of some call");
        Ok(Contradiction { misfit, before: before.unwrap_or_default(), is_unproducible: false })
    }

    /// What is wrong, in a line or two.
    pub fn told<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> String {
        let end = calls[self.misfit].returned();
        let told = |call: usize, is_answered: bool| {
            format!(
                "`{}` of client {}",
                named(model, &calls[call], is_answered),
                calls[call].client
            )
        };
        let before = self.before.iter().map(|&call| told(call, calls[call].returned() < end));
        let (misfit, before) = (told(self.misfit, true), before.collect::<Vec<_>>());
        match before.is_empty() {
            _ if self.is_unproducible => {
                format!("{misfit} has no place: no order of these operations gives that answer")
            }
            true => format!("{misfit} has no place, and nothing returned before it"),
            false => format!(
                "{misfit} has no place; before it returned there is an order, which ends with {}",
                before.join(", then ")
            ),
        }
    }

    /// The operations that contradict each other, marked, among those around them.
    pub fn picture<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> Picture {
        let end = calls[self.misfit].returned().unwrap_or(u64::MAX);
        let marked = |call: usize| call == self.misfit || self.before.contains(&call);
        let begin = (0..calls.len()).filter(|&call| marked(call)).map(|call| calls[call].called);
        let begin = begin.min().unwrap_or(0);
        // What nobody learnt the outcome of is under way for ever: the oldest may be long forgotten.
        let is_near = |call: usize| {
            let under_way =
                calls[call].called..=calls[call].returned().unwrap_or(calls[call].called);
            *under_way.start() <= end && begin <= *under_way.end()
        };
        let near = (0..calls.len()).filter(|&call| marked(call) || is_near(call));
        let lines = near.map(|call| Line {
            client: calls[call].client,
            called: calls[call].called,
            returned: calls[call].returned(),
            label: named(model, &calls[call], true),
            marked: marked(call),
        });
        Picture::of(lines.collect())
    }
}

/// An operation, and what is known of its outcome: an answer, that it was answered later, or nothing.
fn named<M: Model>(model: &M, call: &Call<M::Input, M::Output>, is_answered: bool) -> String {
    match call.output() {
        Some(output) if is_answered => model.told(&call.input, Some(output)),
        Some(_) => format!("{}: under way", model.told(&call.input, None)),
        None => format!("{}: unknown", model.told(&call.input, None)),
    }
}
