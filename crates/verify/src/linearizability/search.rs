//! Searches for an order of a history: the algorithm of Wing and Gong with Lowe's memoisation.
//!
//! A history is linearizable if its operations can be put in one order, each at a moment between
//! its call and its return, in which the object gives the same replies. The search goes through
//! time from return to return ([`timeline`](super::timeline)). It linearizes an operation as late
//! as it can: when it must return, or when another operation that must return has no place without
//! it. Where no operation fits, the search takes the last one back. It ends with an order, or with
//! the first return that no order reaches. Three rules keep it fast:
//!
//! - **A read-only operation is linearized at once**, without an alternative. Let `r` be legal now
//!   and change no state, and let some order continue from here with `r` at a later point. Move `r`
//!   from there to here: every other operation meets the same state as before, and `r` is legal. No
//!   return lies before this point, so the order still respects real time. So if any order
//!   continues from here, one does that begins with `r`.
//! - **No configuration is searched twice** ([`memo`](super::memo)).
//! - **Indeterminate operations come last.** They may be linearized anywhere after their call, or
//!   never, so n of them have 2^n subsets. The search first goes as far as it can without them, and
//!   defers each configuration that it leaves. Then it continues best-first: it takes the deferred
//!   configuration that came furthest for the number of effects that it assumes, and assumes one
//!   more there. A right assumption is seldom needed and then leads far; a wrong one soon needs
//!   another. Of indeterminate operations with equal inputs only the oldest is tried, because after
//!   its call they are interchangeable.
//!
//! - Wing, Gong: Testing and Verifying Concurrent Objects (1993),
//!   <https://doi.org/10.1006/jpdc.1993.1015>
//! - Lowe: Testing for linearizability (2017), <https://doi.org/10.1002/cpe.3928>

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{
    Limit, Model,
    budget::Share,
    linearized_set::LinearizedSet,
    memo::{Configuration, Memo},
    slots::Slots,
    timeline::{SlotAssignment, Timeline},
    trail::UndoLog,
};
use crate::history::Call;

/// Layers that an indeterminate operation must gain to be worth assuming. A wrong assumption gains
/// one or two; the right one gains more, in any history that can be decided at all.
const INDETERMINATE_PENALTY: i64 = 16;

/// The result of a search.
#[derive(Debug)]
pub(super) enum Found {
    /// An order, with the operations at its end, oldest first.
    Order(Vec<usize>),
    /// No order: `stuck` must return, and no configuration that came so far continues. An order
    /// that ends with `before` reached one of them.
    NoOrder { stuck: usize, before: Vec<usize> },
    /// The search gave up at this limit.
    GaveUp(Limit),
}

/// The number of operations at the end of an order that are reported.
const REPORTED: usize = 3;

/// Searches for an order of the calls that returned by `until`. A call that was made by then and
/// returned later counts as indeterminate. Gives up when its share is used up.
pub(super) fn search<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    until: u64,
    share: Share,
) -> Found {
    let assignment = SlotAssignment::new(calls, until);
    match assignment.count {
        0..=64 => Search::<M, u64>::new(model, calls, assignment, until).run(share),
        _ => Search::<M, Box<[u64]>>::new(model, calls, assignment, until).run(share),
    }
}

/// Does the same with the set type for many slots and without a penalty for assumptions, so that
/// small histories take other paths through the search.
#[cfg(test)]
pub(super) fn search_variant<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    until: u64,
    steps_max: usize,
) -> Found {
    let assignment = SlotAssignment::new(calls, until);
    let search = Search::<M, Box<[u64]>>::new(model, calls, assignment, until);
    Search { penalty: 0, ..search }.run(Share::with_steps(steps_max))
}

/// Why a search ends before it has tried everything.
enum End {
    /// An order was found, and this is its last step.
    Order(usize),
    /// This limit was reached.
    GaveUp(Limit),
}

struct Search<'a, M: Model, S> {
    model: &'a M,
    calls: &'a [Call<M::Input, M::Output>],
    timeline: Timeline<S>,
    /// For each indeterminate operation, the one before it with an equal input.
    previous_equal: Vec<Option<usize>>,
    slots: usize,
    memo: Memo<M::State, S>,
    /// Configurations that may continue with an indeterminate operation.
    deferred: BinaryHeap<Deferred<M::State, S>>,
    log: UndoLog,
    /// The furthest layer that was reached, and the step that reached it.
    furthest: (usize, usize),
    /// See [`INDETERMINATE_PENALTY`].
    penalty: i64,
    /// The budget that is left.
    share: Share,
}

/// A configuration, and how many of its continuations have been tried.
struct Node<T, S> {
    state: T,
    linearized: S,
    assumed: LinearizedSet,
    layer: usize,
    /// Its step in the log.
    step: usize,
    next: Next,
}

/// Which answered operation to try next.
#[derive(Clone, Copy)]
enum Next {
    /// The one that must be linearized in this layer.
    Returning,
    /// The other pending ones, from this slot on.
    Pending(usize),
}

impl<'a, M: Model, S: Slots> Search<'a, M, S> {
    fn new(
        model: &'a M,
        calls: &'a [Call<M::Input, M::Output>],
        assignment: SlotAssignment,
        until: u64,
    ) -> Self {
        let slots = assignment.count;
        let is_read_only = |input: &_, output: &_| model.is_read_only(input, output);
        let timeline = Timeline::new(calls, assignment, until, is_read_only);
        let indeterminate = timeline.all_indeterminate();
        let previous_equal = indeterminate.iter().enumerate().map(|(at, &call)| {
            indeterminate[..at].iter().rposition(|&other| calls[other].input == calls[call].input)
        });
        Search {
            model,
            calls,
            previous_equal: previous_equal.collect(),
            timeline,
            slots,
            memo: Memo::with_room(calls.len()),
            deferred: BinaryHeap::new(),
            log: UndoLog::with_room(calls.len()),
            furthest: (0, UndoLog::BEGIN),
            penalty: INDETERMINATE_PENALTY,
            share: Share::with_steps(0),
        }
    }

    /// Searches, and gives up when its share is used up.
    fn run(mut self, share: Share) -> Found {
        self.share = share;
        match self.search_all() {
            Ok(()) => Found::NoOrder {
                stuck: self.timeline.returning_in(self.furthest.0),
                before: self.log.last(self.furthest.1, REPORTED),
            },
            Err(End::Order(step)) => Found::Order(self.log.last(step, REPORTED)),
            Err(End::GaveUp(limit)) => Found::GaveUp(limit),
        }
    }

    fn search_all(&mut self) -> Result<(), End> {
        let mut root = Node {
            state: self.model.initial(),
            linearized: S::none(self.slots),
            assumed: LinearizedSet::default(),
            layer: 0,
            step: UndoLog::BEGIN,
            next: Next::Returning,
        };
        self.linearize_reads(&mut root);
        self.search_from(root)?;
        while let Some(Deferred { node, .. }) = self.deferred.pop() {
            for operation in (0..self.timeline.indeterminate_in(node.layer).len()).rev() {
                self.timeline.go_to(node.layer);
                if let Some(child) = self.after_indeterminate(&node, operation)
                    && let Some(child) = self.visit(child)?
                {
                    self.search_from(child)?;
                }
            }
        }
        Ok(())
    }

    /// Tries every continuation of a configuration that needs no further indeterminate operation.
    fn search_from(&mut self, start: Node<M::State, S>) -> Result<(), End> {
        let mut path = vec![start];
        while let Some(top) = path.last_mut() {
            if top.layer == self.timeline.layers() {
                return Err(End::Order(top.step));
            }
            match self.next(top) {
                Some(child) => {
                    let layer = top.layer;
                    match self.visit(child)? {
                        Some(child) => path.push(child),
                        None => self.timeline.retreat_to(layer),
                    }
                }
                None => {
                    path.pop().into_iter().for_each(|done| self.defer(done));
                    let Some(before) = path.last() else { break };
                    self.timeline.retreat_to(before.layer);
                }
            }
        }
        Ok(())
    }

    /// Completes a configuration that was just reached. `None` if it was visited before.
    #[inline]
    fn visit(&mut self, mut node: Node<M::State, S>) -> Result<Option<Node<M::State, S>>, End> {
        self.share.take_step().map_err(End::GaveUp)?;
        self.linearize_reads(&mut node);
        let Node { layer, ref linearized, ref state, ref assumed, .. } = node;
        let bytes = self.bytes_of(&node);
        let configuration =
            Configuration { layer, linearized: linearized.clone(), state: state.clone() };
        if !self.memo.is_new(configuration, assumed) {
            return Ok(None);
        }
        self.share.take_bytes(bytes).map_err(End::GaveUp)?;
        Ok(Some(node))
    }

    /// Bytes that a configuration takes in the memo, and once more if it is deferred. Includes its
    /// step in the log.
    #[inline]
    fn bytes_of(&self, node: &Node<M::State, S>) -> usize {
        // Twice, since a table that grows is half empty.
        let inline = 2 * size_of::<Configuration<M::State, S>>() + size_of::<Node<M::State, S>>();
        let in_sets = node.linearized.heap_bytes() + node.assumed.heap_bytes();
        inline + in_sets + self.model.heap_bytes(&node.state) + size_of::<[usize; 4]>()
    }

    /// Defers a configuration that no answered operation continues, if an indeterminate one may.
    #[inline]
    fn defer(&mut self, node: Node<M::State, S>) {
        if self.furthest.0 < node.layer || self.furthest.1 == UndoLog::BEGIN {
            self.furthest = (node.layer, node.step);
        }
        if !self.timeline.indeterminate_in(node.layer).is_empty() {
            self.deferred.push(Deferred::new(node, self.penalty));
        }
    }

    /// Linearizes all legal read-only operations, and passes the returns of linearized operations.
    #[inline]
    fn linearize_reads(&mut self, node: &mut Node<M::State, S>) {
        loop {
            let read_only = self.timeline.read_only();
            let mut from = 0;
            while let Some(slot) = read_only.next_not_in(&node.linearized, from) {
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

    /// The next continuation of a configuration, before its reads are linearized.
    #[inline]
    fn next(&mut self, node: &mut Node<M::State, S>) -> Option<Node<M::State, S>> {
        let returning = self.timeline.returning();
        if let Next::Returning = node.next {
            node.next = Next::Pending(0);
            if let Some(state) = self.answered(&node.state, returning) {
                return Some(self.after_answered(node, returning, state));
            }
        }
        while let Next::Pending(from) = node.next {
            let slot = self.timeline.occupied().next_not_in(&node.linearized, from)?;
            node.next = Next::Pending(slot + 1);
            let call = self.timeline.in_slot(slot);
            // A read-only operation that is legal here was linearized at once.
            if call == returning || self.timeline.read_only().contains(slot) {
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
        let step = self.log.step(call, node.step);
        let (assumed, layer) = (node.assumed.clone(), node.layer);
        Node { state, linearized, assumed, layer, step, next: Next::Returning }
    }

    fn after_indeterminate(
        &mut self,
        node: &Node<M::State, S>,
        operation: usize,
    ) -> Option<Node<M::State, S>> {
        let older_first =
            self.previous_equal[operation].is_some_and(|older| !node.assumed.contains(older));
        if older_first || node.assumed.contains(operation) {
            return None;
        }
        let call = self.timeline.all_indeterminate()[operation];
        let state = self.model.step_indeterminate(&node.state, &self.calls[call].input)?;
        let step = self.log.step(call, node.step);
        let (linearized, assumed) = (node.linearized.clone(), node.assumed.with(operation));
        Some(Node { state, linearized, assumed, layer: node.layer, step, next: Next::Returning })
    }
}

/// A deferred configuration, ranked by how far it came for the number of its assumptions. Of
/// equals, the one deferred last comes first.
struct Deferred<T, S> {
    rank: (i64, usize),
    node: Node<T, S>,
}

impl<T, S> Deferred<T, S> {
    fn new(node: Node<T, S>, penalty: i64) -> Deferred<T, S> {
        let layer = i64::try_from(node.layer).expect("a history fits in memory");
        Deferred { rank: (layer - penalty * i64::from(node.assumed.count()), node.step), node }
    }
}

impl<T, S> Ord for Deferred<T, S> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<T, S> PartialOrd for Deferred<T, S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T, S> PartialEq for Deferred<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T, S> Eq for Deferred<T, S> {}
