//! The search for an order: Wing and Gong's, with what Lowe made of it, on a path of one's own.
//!
//! A history is linearizable if its operations can be put in one order, each at a moment between its
//! call and its return, in which the object would have answered as it did. The search goes through
//! time from return to return ([`timeline`](super::timeline)) and gives an operation its place as
//! late as it can: when it must return, or when another that must return could not be placed without
//! it. Where nothing fits, it takes back the last place it gave. It ends with an order, or with the
//! first return that no order reaches. What keeps it fast:
//!
//! - **Who only looks is placed at once**, without a second try. Let `r` be legal now and leave every
//!   state as it is, and let some order go on from here with `r` in a later place. Take `r` out of
//!   there and put it here: before and after, every other operation meets the state that it met, and
//!   `r` is legal. No return lies before here, so no order of real time is broken. So if any order
//!   goes on, one does that begins with `r`.
//! - **What was tried is not tried again** ([`memo`](super::memo)).
//! - **Operations of unknown outcome come last.** They may be placed anywhere after their call, or
//!   nowhere, so that with every one placed freely there are two to their number sets. The search
//!   first goes as far as it can without, and puts aside each place that it leaves. Then it takes up
//!   the one that came furthest for what it took for granted, places one more operation of unknown
//!   outcome there, and goes on. What really happened seldom needs one and then goes far with it; a
//!   wrong guess needs another at once. Of those that ask the same only the oldest is tried, as from
//!   then on they are alike.
//!
//! - Wing, Gong: Testing and Verifying Concurrent Objects (1993),
//!   <https://doi.org/10.1006/jpdc.1993.1015>
//! - Lowe: Testing for linearizability (2017), <https://doi.org/10.1002/cpe.3928>

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{
    Limit, Model,
    budget::Share,
    memo::{Memo, Place},
    placed::Placed,
    slots::Slots,
    timeline::{Places, Timeline},
    trail::Trail,
};
use crate::history::Call;

/// Layers that an operation of unknown outcome must win to be worth placing: a wrong guess wins one
/// or two, and in a history that can be told at all the right one wins more.
const WORTH: i64 = 16;

/// What became of a search.
#[derive(Debug)]
pub(super) enum Found {
    /// An order, with the operations at its end, oldest first.
    Order(Vec<usize>),
    /// No order: `stuck` must return, and none of the places that came so far goes on. One of them
    /// was reached by an order that ends like this.
    NoOrder { stuck: usize, before: Vec<usize> },
    /// This was used up.
    GaveUp(Limit),
}

/// The operations at the end of an order that are told.
const TOLD: usize = 3;

/// Searches for an order of what returned by `until`; what was called by then and returned later has
/// an outcome that is not known yet. Gives up when its share is used up.
pub(super) fn search<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    until: u64,
    share: Share,
) -> Found {
    let places = Places::of(calls, until);
    match places.count {
        0..=64 => Search::<M, u64>::new(model, calls, places, until).run(share),
        _ => Search::<M, Box<[u64]>>::new(model, calls, places, until).run(share),
    }
}

/// The same with the kind of set that many at once need, and with operations of unknown outcome
/// placed as if they cost nothing: small histories lead elsewhere in the search by this than by
/// the other.
#[cfg(test)]
pub(super) fn search_otherwise<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    until: u64,
    steps_max: usize,
) -> Found {
    let places = Places::of(calls, until);
    let search = Search::<M, Box<[u64]>>::new(model, calls, places, until);
    Search { worth: 0, ..search }.run(Share::of_steps(steps_max))
}

/// Why a search ends before everything is tried.
enum End {
    /// There is an order, and its last step is this.
    Order(usize),
    /// This is used up.
    GaveUp(Limit),
}

struct Search<'a, M: Model, S> {
    model: &'a M,
    calls: &'a [Call<M::Input, M::Output>],
    timeline: Timeline<S>,
    /// For each operation of unknown outcome, the one before it that asks the same.
    alike: Vec<Option<usize>>,
    slots: usize,
    memo: Memo<M::State, S>,
    /// Places that may go on with an operation of unknown outcome.
    aside: BinaryHeap<Aside<M::State, S>>,
    trail: Trail,
    /// The furthest layer that was reached, and the step that reached it.
    furthest: (usize, usize),
    /// See [`WORTH`].
    worth: i64,
    /// What is left to use.
    share: Share,
}

/// A place of the search, and how far its ways on have been tried.
struct Node<T, S> {
    state: T,
    linearized: S,
    placed: Placed,
    layer: usize,
    /// Its step in the trail.
    step: usize,
    next: Next,
}

/// Which answered operation to try next.
#[derive(Clone, Copy)]
enum Next {
    /// The one that must be placed in this layer.
    Returning,
    /// The others that are under way, from this slot on.
    UnderWay(usize),
}

impl<'a, M: Model, S: Slots> Search<'a, M, S> {
    fn new(
        model: &'a M,
        calls: &'a [Call<M::Input, M::Output>],
        places: Places,
        until: u64,
    ) -> Self {
        let slots = places.count;
        let looks = |input: &_, output: &_| model.only_looks(input, output);
        let timeline = Timeline::new(calls, places, until, looks);
        let opens = timeline.all_opens();
        let alike = opens.iter().enumerate().map(|(at, &call)| {
            opens[..at].iter().rposition(|&other| calls[other].input == calls[call].input)
        });
        Search {
            model,
            calls,
            alike: alike.collect(),
            timeline,
            slots,
            memo: Memo::with_room(calls.len()),
            aside: BinaryHeap::new(),
            trail: Trail::with_room(calls.len()),
            furthest: (0, Trail::BEGIN),
            worth: WORTH,
            share: Share::of_steps(0),
        }
    }

    /// Searches, and gives up when its share is used up.
    fn run(mut self, share: Share) -> Found {
        self.share = share;
        match self.try_everything() {
            Ok(()) => Found::NoOrder {
                stuck: self.timeline.returning_in(self.furthest.0),
                before: self.trail.last(self.furthest.1, TOLD),
            },
            Err(End::Order(step)) => Found::Order(self.trail.last(step, TOLD)),
            Err(End::GaveUp(limit)) => Found::GaveUp(limit),
        }
    }

    fn try_everything(&mut self) -> Result<(), End> {
        let mut root = Node {
            state: self.model.initial(),
            linearized: S::none(self.slots),
            placed: Placed::default(),
            layer: 0,
            step: Trail::BEGIN,
            next: Next::Returning,
        };
        self.settle(&mut root);
        self.follow(root)?;
        while let Some(Aside { node, .. }) = self.aside.pop() {
            for open in (0..self.timeline.opens_in(node.layer).len()).rev() {
                self.timeline.go_to(node.layer);
                if let Some(child) = self.after_open(&node, open)
                    && let Some(child) = self.taken_up(child)?
                {
                    self.follow(child)?;
                }
            }
        }
        Ok(())
    }

    /// Tries every way on from a place that needs no operation of unknown outcome.
    fn follow(&mut self, start: Node<M::State, S>) -> Result<(), End> {
        let mut path = vec![start];
        while let Some(top) = path.last_mut() {
            if top.layer == self.timeline.layers() {
                return Err(End::Order(top.step));
            }
            match self.next(top) {
                Some(child) => {
                    let layer = top.layer;
                    match self.taken_up(child)? {
                        Some(child) => path.push(child),
                        None => self.timeline.retreat_to(layer),
                    }
                }
                None => {
                    path.pop().into_iter().for_each(|left| self.leave(left));
                    let Some(before) = path.last() else { break };
                    self.timeline.retreat_to(before.layer);
                }
            }
        }
        Ok(())
    }

    /// Settles a place that was just reached; nothing if it was tried before.
    #[inline]
    fn taken_up(&mut self, mut node: Node<M::State, S>) -> Result<Option<Node<M::State, S>>, End> {
        self.share.take_step().map_err(End::GaveUp)?;
        self.settle(&mut node);
        let Node { layer, ref linearized, ref state, ref placed, .. } = node;
        let bytes = self.bytes_of(&node);
        let place = Place { layer, linearized: linearized.clone(), state: state.clone() };
        if !self.memo.is_new(place, placed) {
            return Ok(None);
        }
        self.share.take_bytes(bytes).map_err(End::GaveUp)?;
        Ok(Some(node))
    }

    /// Bytes that a place takes in the memo, and once more if it is put aside; its step in the trail
    /// is counted with it.
    #[inline]
    fn bytes_of(&self, node: &Node<M::State, S>) -> usize {
        // Twice, since a table that grows is half empty.
        let inline = 2 * size_of::<Place<M::State, S>>() + size_of::<Node<M::State, S>>();
        let of_sets = node.linearized.heap_bytes() + node.placed.heap_bytes();
        inline + of_sets + self.model.heap_bytes(&node.state) + size_of::<[usize; 4]>()
    }

    /// Puts a place aside from which no answered operation goes on any more, and another might.
    #[inline]
    fn leave(&mut self, node: Node<M::State, S>) {
        if self.furthest.0 < node.layer || self.furthest.1 == Trail::BEGIN {
            self.furthest = (node.layer, node.step);
        }
        if !self.timeline.opens_in(node.layer).is_empty() {
            self.aside.push(Aside::of(node, self.worth));
        }
    }

    /// Places all who only look and can, and passes the returns of all who are placed.
    #[inline]
    fn settle(&mut self, node: &mut Node<M::State, S>) {
        loop {
            let looking = self.timeline.looking();
            let mut from = 0;
            while let Some(slot) = looking.next_not_in(&node.linearized, from) {
                if self.answered(&node.state, self.timeline.in_slot(slot)).is_some() {
                    node.linearized.insert(slot);
                }
                from = slot + 1;
            }
            let layer = self.timeline.layer();
            while !self.timeline.is_over() {
                let slot = self.timeline.slot(self.timeline.returning());
                if !node.linearized.contains(slot) {
                    break;
                }
                node.linearized.remove(slot);
                self.timeline.advance();
            }
            if self.timeline.layer() == layer {
                node.layer = layer;
                return;
            }
        }
    }

    /// The next way on from a place, not yet settled.
    #[inline]
    fn next(&mut self, node: &mut Node<M::State, S>) -> Option<Node<M::State, S>> {
        let returning = self.timeline.returning();
        if let Next::Returning = node.next {
            node.next = Next::UnderWay(0);
            if let Some(state) = self.answered(&node.state, returning) {
                return Some(self.after_answered(node, returning, state));
            }
        }
        while let Next::UnderWay(from) = node.next {
            let slot = self.timeline.occupied().next_not_in(&node.linearized, from)?;
            node.next = Next::UnderWay(slot + 1);
            let call = self.timeline.in_slot(slot);
            // Whoever only looks and could be placed here was placed at once.
            if call == returning || self.timeline.looking().contains(slot) {
                continue;
            }
            if let Some(state) = self.answered(&node.state, call) {
                return Some(self.after_answered(node, call, state));
            }
        }
        None
    }

    #[inline]
    fn answered(&self, state: &M::State, call: usize) -> Option<M::State> {
        let Call { input, answer, .. } = &self.calls[call];
        self.model.step(state, input, &answer.as_ref()?.output)
    }

    #[inline]
    fn after_answered(
        &mut self,
        node: &Node<M::State, S>,
        call: usize,
        state: M::State,
    ) -> Node<M::State, S> {
        let mut linearized = node.linearized.clone();
        linearized.insert(self.timeline.slot(call));
        let step = self.trail.step(call, node.step);
        let (placed, layer) = (node.placed.clone(), node.layer);
        Node { state, linearized, placed, layer, step, next: Next::Returning }
    }

    fn after_open(&mut self, node: &Node<M::State, S>, open: usize) -> Option<Node<M::State, S>> {
        let older_first = self.alike[open].is_some_and(|older| !node.placed.contains(older));
        if older_first || node.placed.contains(open) {
            return None;
        }
        let call = self.timeline.all_opens()[open];
        let state = self.model.step_unknown(&node.state, &self.calls[call].input)?;
        let step = self.trail.step(call, node.step);
        let (linearized, placed) = (node.linearized.clone(), node.placed.with(open));
        Some(Node { state, linearized, placed, layer: node.layer, step, next: Next::Returning })
    }
}

/// A place put aside, ranked by how far it came for what it took for granted; of equals, the one put
/// aside last comes first.
struct Aside<T, S> {
    rank: (i64, usize),
    node: Node<T, S>,
}

impl<T, S> Aside<T, S> {
    fn of(node: Node<T, S>, worth: i64) -> Aside<T, S> {
        let layer = i64::try_from(node.layer).expect("a history fits in memory");
        Aside { rank: (layer - worth * i64::from(node.placed.count()), node.step), node }
    }
}

impl<T, S> Ord for Aside<T, S> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<T, S> PartialOrd for Aside<T, S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T, S> PartialEq for Aside<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T, S> Eq for Aside<T, S> {}
