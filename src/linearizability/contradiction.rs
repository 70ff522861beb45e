//! Why a history has no order, in words and as a picture.

use super::{
    Model,
    search::{self, Found},
};
use crate::history::{Call, Line, Picture};

/// The shortest beginning of a history that has no order: everything that returned before the misfit
/// can be put in order, whatever becomes of those under way, and with the misfit nothing can. Numbers
/// are places in the calls that were searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The operation that has no place.
    pub misfit: usize,
    /// How an order of what returned before it ends, oldest first; empty if nothing did.
    pub before: Vec<usize>,
}

impl Contradiction {
    /// The first one of calls that have no order, where a search with all answers came as far as the
    /// return of `stuck`.
    ///
    /// The search stops early where an answer is wrong that has not been given yet: who saw its effect
    /// has no place either. So longer and longer beginnings are searched, in which answers count
    /// from when they were given.
    pub(super) fn first<M: Model>(
        model: &M,
        calls: &[Call<M::Input, M::Output>],
        stuck: usize,
        steps_max: usize,
    ) -> Contradiction {
        let search_until = |until| search::search(model, calls, until, steps_max);
        let has_none = |until| matches!(search_until(until), Found::NoOrder(_));
        let mut ends: Vec<u64> = calls.iter().filter_map(Call::returned).collect();
        ends.sort_unstable();
        ends.dedup();
        // Everything that ends before `from` has an order, and with `to` there is none.
        let mut from = ends.partition_point(|end| Some(*end) < calls[stuck].returned());
        let (mut to, mut stride) = (from, 1);
        while to + 1 < ends.len() && !has_none(ends[to]) {
            from = to + 1;
            to = (to + stride).min(ends.len() - 1);
            stride *= 2;
        }
        while from < to {
            let middle = from.midpoint(to);
            match has_none(ends[middle]) {
                true => to = middle,
                false => from = middle + 1,
            }
        }
        let ends_it = |&call: &usize| calls[call].returned() == Some(ends[to]);
        let misfit = match search_until(ends[to]) {
            Found::NoOrder(stuck) if ends_it(&stuck) => stuck,
            _ => (0..calls.len()).find(ends_it).expect("it is the end of some call"),
        };
        let before = match to.checked_sub(1).map(|before| search_until(ends[before])) {
            Some(Found::Order(last)) => last,
            _ => Vec::new(),
        };
        Contradiction { misfit, before }
    }

    /// What is wrong, in a line or two.
    pub fn told<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> String {
        let end = calls[self.misfit].returned();
        let told = |call: usize, is_answered: bool| {
            let Call { client, input, .. } = &calls[call];
            let output = calls[call].output().filter(|_| is_answered);
            format!("`{}` of client {client}", model.told(input, output))
        };
        let before = self.before.iter().map(|&call| told(call, calls[call].returned() < end));
        let (misfit, before) = (told(self.misfit, true), before.collect::<Vec<_>>());
        match before.is_empty() {
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
            label: model.told(&calls[call].input, calls[call].output()),
            marked: marked(call),
        });
        Picture::of(lines.collect())
    }
}
