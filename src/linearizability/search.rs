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
//!   nowhere; there may be many, and with every one placed freely there are two to their number
//!   sets. So one is tried only where no answered operation goes on; of those that ask the same the
//!   oldest, as from then on they are alike; and first with no more than one of them in a row, since
//!   most gaps in what was seen have one cause. Only if that finds no order may there be two in a
//!   row, and at last any number.
//!
//! - Wing, Gong: Testing and Verifying Concurrent Objects (1993),
//!   <https://doi.org/10.1006/jpdc.1993.1015>
//! - Lowe: Testing for linearizability (2017), <https://doi.org/10.1002/cpe.3928>

use std::collections::VecDeque;

use super::{
    Contradiction, Model, Verdict,
    memo::{Memo, Place},
    placed::Placed,
    slots::Slots,
    timeline::{Places, Timeline},
};
use crate::history::Call;

/// How many operations of unknown outcome may follow each other, attempt by attempt.
const IN_A_ROW: [u32; 3] = [1, 2, u32::MAX];

/// The operations before a contradiction that are shown with it.
const SHOWN: usize = 3;

/// Searches, and gives up after so many steps.
pub(super) fn search<M: Model>(
    model: &M,
    calls: &[Call<M::Input, M::Output>],
    steps_max: usize,
) -> Verdict {
    let places = Places::of(calls);
    match places.count {
        0..=64 => Search::<M, u64>::new(model, calls, places, steps_max).run(),
        _ => Search::<M, Box<[u64]>>::new(model, calls, places, steps_max).run(),
    }
}

struct Search<'a, M: Model, S> {
    model: &'a M,
    calls: &'a [Call<M::Input, M::Output>],
    timeline: Timeline<S>,
    /// For each operation of unknown outcome, the one before it that asks the same.
    alike: Vec<Option<usize>>,
    slots: usize,
    steps_left: usize,
}

/// A place of the search, and how far its ways on have been tried.
struct Node<T, S> {
    state: T,
    linearized: S,
    placed: Placed,
    layer: usize,
    /// The operation that led here.
    by: usize,
    /// Operations of unknown outcome placed since an answered one was.
    in_a_row: u32,
    next: Next,
}

/// Which way to try next.
#[derive(Clone, Copy)]
enum Next {
    Returning,
    UnderWay(usize),
    /// The operations of unknown outcome below this, from the latest back.
    Open(usize),
    None,
}

/// How one attempt ended.
enum End {
    Order,
    NoOrder { limited: bool, stuck: Stuck },
    GaveUp,
}

/// The furthest place from which nothing went on.
#[derive(Default)]
struct Stuck {
    layer: usize,
    opens: u32,
    before: VecDeque<usize>,
}

impl<'a, M: Model, S: Slots> Search<'a, M, S> {
    fn new(
        model: &'a M,
        calls: &'a [Call<M::Input, M::Output>],
        places: Places,
        steps_max: usize,
    ) -> Self {
        let slots = places.count;
        let timeline = Timeline::new(calls, places, |input, out| model.only_looks(input, out));
        let opens = timeline.all_opens();
        let alike = opens.iter().enumerate().map(|(at, &call)| {
            opens[..at].iter().rposition(|&other| calls[other].input == calls[call].input)
        });
        let alike = alike.collect();
        Search { model, calls, alike, timeline, slots, steps_left: steps_max }
    }

    fn run(mut self) -> Verdict {
        for in_a_row_max in IN_A_ROW {
            match self.attempt(in_a_row_max) {
                End::Order => return Verdict::Linearizable,
                End::GaveUp => return Verdict::Undecided,
                End::NoOrder { limited: true, .. } => {}
                End::NoOrder { limited: false, stuck } => {
                    self.timeline.retreat_to(0);
                    while self.timeline.layer() < stuck.layer {
                        self.timeline.advance();
                    }
                    let misfit = self.timeline.returning();
                    return Verdict::Impossible(Contradiction {
                        misfit,
                        before: stuck.before.into(),
                    });
                }
            }
        }
        unreachable!("the last attempt has no limit");
    }

    fn attempt(&mut self, in_a_row_max: u32) -> End {
        self.timeline.retreat_to(0);
        let mut memo = Memo::new();
        let (mut limited, mut stuck) = (false, Stuck::default());
        let mut root = Node {
            state: self.model.initial(),
            linearized: S::none(self.slots),
            placed: Placed::default(),
            layer: 0,
            by: usize::MAX,
            in_a_row: 0,
            next: Next::Returning,
        };
        self.settle(&mut root);
        let mut path = vec![root];
        while let Some(top) = path.last_mut() {
            if top.layer == self.timeline.layers() {
                return End::Order;
            }
            let Some(mut child) = self.next(top, in_a_row_max, &mut limited) else {
                stuck.note(&path);
                path.pop();
                self.timeline.retreat_to(path.last().map_or(0, |node| node.layer));
                continue;
            };
            let Some(left) = self.steps_left.checked_sub(1) else { return End::GaveUp };
            self.steps_left = left;
            self.settle(&mut child);
            let place = Place {
                layer: child.layer,
                linearized: child.linearized.clone(),
                state: child.state.clone(),
            };
            match memo.is_new(place, &child.placed) {
                true => path.push(child),
                false => self.timeline.retreat_to(path.last().map_or(0, |node| node.layer)),
            }
        }
        End::NoOrder { limited, stuck }
    }

    /// Places all who only look and can, and passes the returns of all who are placed.
    #[inline]
    fn settle(&mut self, node: &mut Node<M::State, S>) {
        loop {
            let mut from = 0;
            let looking = self.timeline.looking();
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

    /// The next way on from a node, not yet settled.
    #[inline]
    fn next(
        &self,
        node: &mut Node<M::State, S>,
        in_a_row_max: u32,
        limited: &mut bool,
    ) -> Option<Node<M::State, S>> {
        loop {
            match node.next {
                Next::Returning => {
                    node.next = Next::UnderWay(0);
                    let call = self.timeline.returning();
                    if let Some(state) = self.answered(&node.state, call) {
                        return Some(self.after_answered(node, call, state));
                    }
                }
                Next::UnderWay(from) => {
                    let occupied = self.timeline.occupied();
                    let Some(slot) = occupied.next_not_in(&node.linearized, from) else {
                        node.next = Next::Open(self.timeline.opens().len());
                        continue;
                    };
                    node.next = Next::UnderWay(slot + 1);
                    let call = self.timeline.in_slot(slot);
                    if call != self.timeline.returning()
                        && !self.timeline.looking().contains(slot)
                        && let Some(state) = self.answered(&node.state, call)
                    {
                        return Some(self.after_answered(node, call, state));
                    }
                }
                Next::Open(0) | Next::None => return None,
                Next::Open(_) if node.in_a_row == in_a_row_max => {
                    *limited = true;
                    node.next = Next::None;
                }
                Next::Open(before) => {
                    node.next = Next::Open(before - 1);
                    if let Some(child) = self.after_open(node, before - 1) {
                        return Some(child);
                    }
                }
            }
        }
    }

    #[inline]
    fn answered(&self, state: &M::State, call: usize) -> Option<M::State> {
        let Call { input, answer, .. } = &self.calls[call];
        self.model.step(state, input, &answer.as_ref()?.output)
    }

    #[inline]
    fn after_answered(
        &self,
        node: &Node<M::State, S>,
        call: usize,
        state: M::State,
    ) -> Node<M::State, S> {
        let mut linearized = node.linearized.clone();
        linearized.insert(self.timeline.slot(call));
        let (placed, layer) = (node.placed.clone(), node.layer);
        Node { state, linearized, placed, layer, by: call, in_a_row: 0, next: Next::Returning }
    }

    #[cold]
    fn after_open(&self, node: &Node<M::State, S>, open: usize) -> Option<Node<M::State, S>> {
        if node.placed.contains(open) {
            return None;
        }
        if self.alike[open].is_some_and(|older| !node.placed.contains(older)) {
            return None;
        }
        let by = self.timeline.opens()[open];
        let state = self.model.step_unknown(&node.state, &self.calls[by].input)?;
        Some(Node {
            state,
            linearized: node.linearized.clone(),
            placed: node.placed.with(open),
            layer: node.layer,
            by,
            in_a_row: node.in_a_row + 1,
            next: Next::Returning,
        })
    }
}

impl Stuck {
    /// Keeps the end of the path if it came further than any before, or as far with less taken for
    /// granted.
    fn note<T, S>(&mut self, path: &[Node<T, S>]) {
        let Some(end) = path.last() else { return };
        if end.layer < self.layer {
            return;
        }
        let opens = end.placed.count();
        if self.layer < end.layer || opens < self.opens || self.before.is_empty() {
            let from = path.len().saturating_sub(SHOWN).max(1);
            let before = path[from.min(path.len())..].iter().map(|node| node.by).collect();
            *self = Stuck { layer: end.layer, opens, before };
        }
    }
}
