//! The time of a search: which operations are pending, and which one must be linearized next.
//!
//! Time is cut at the returns. Layer *k* is the moment just before the *k*-th return: all
//! operations called by then may be linearized, and the one that returns must be. The search
//! advances a layer when that operation is linearized, and retreats when it takes the operation
//! back. Both are cheap, because each call remembers the previous occupant of its slot.

use super::slots::Slots;
use crate::history::Call;

/// Operations in the order of time, and the current layer.
pub(super) struct Timeline<S> {
    /// The answered calls in the order of their returns. Each return ends a layer.
    returns: Vec<usize>,
    /// The answered calls in the order of their calls.
    calls: Vec<usize>,
    /// The number of `calls` made by the end of each layer.
    called_by: Vec<usize>,
    /// The indeterminate calls in the order of their calls.
    indeterminate: Vec<usize>,
    /// The number of `indeterminate` calls made by the end of each layer.
    indeterminate_by: Vec<usize>,
    /// The slot of each answered call.
    slots: Vec<usize>,
    /// The previous occupant of the slot of each call.
    displaced: Vec<usize>,
    is_read_only: Vec<bool>,

    layer: usize,
    occupied: S,
    read_only: S,
    in_slot: Vec<usize>,
}

/// The slot of each call, and the number of slots.
pub(super) struct SlotAssignment {
    returns: Vec<usize>,
    calls: Vec<usize>,
    slots: Vec<usize>,
    pub(super) count: usize,
}

impl SlotAssignment {
    /// Gives every call that is answered by `until` a slot from its call to its return.
    ///
    /// A call at the time of a return comes before it, because the call may have been first.
    pub(super) fn new<I, O>(all: &[Call<I, O>], until: u64) -> SlotAssignment {
        let returned = |&call: &usize| all[call].returned();
        let answered = |call: &usize| returned(call).is_some_and(|end| end <= until);
        let mut returns: Vec<usize> = (0..all.len()).filter(answered).collect();
        let mut calls = returns.clone();
        returns.sort_by_key(|call| (returned(call), all[*call].called));
        calls.sort_by_key(|&call| all[call].called);

        let mut assignment = SlotAssignment { slots: vec![0; all.len()], count: 0, returns, calls };
        let mut free = Vec::new();
        let mut next = assignment.calls.iter().peekable();
        for end in &assignment.returns {
            while let Some(&call) = next.next_if(|&&call| Some(all[call].called) <= returned(end)) {
                assignment.slots[call] = free.pop().unwrap_or(assignment.count);
                assignment.count = assignment.count.max(assignment.slots[call] + 1);
            }
            free.push(assignment.slots[*end]);
        }
        assignment
    }
}

impl<S: Slots> Timeline<S> {
    /// A timeline at its first layer. A call that is not answered by `until` counts as
    /// indeterminate.
    pub(super) fn new<I, O>(
        all: &[Call<I, O>],
        assignment: SlotAssignment,
        until: u64,
        is_read_only: impl Fn(&I, &O) -> bool,
    ) -> Timeline<S> {
        let SlotAssignment { returns, calls, slots, count } = assignment;
        let is_indeterminate = |&call: &usize| all[call].returned().is_none_or(|end| until < end);
        let mut indeterminate: Vec<usize> = (0..all.len()).filter(is_indeterminate).collect();
        indeterminate.sort_by_key(|&call| all[call].called);
        let ends = returns.iter().map(|&call| all[call].returned());
        let made_by = |made: &[usize]| {
            let mut count = 0;
            let by = ends.clone().map(|end| {
                count += made[count..].iter().take_while(|&&c| Some(all[c].called) <= end).count();
                count
            });
            by.collect()
        };
        let (called_by, indeterminate_by) = (made_by(&calls), made_by(&indeterminate));
        let read_only = all.iter().map(|call| {
            call.answer.as_ref().is_some_and(|answer| is_read_only(&call.input, &answer.output))
        });
        let mut timeline = Timeline {
            called_by,
            indeterminate,
            indeterminate_by,
            displaced: vec![0; all.len()],
            is_read_only: read_only.collect(),
            layer: 0,
            occupied: S::none(count),
            read_only: S::none(count),
            in_slot: vec![0; count],
            returns,
            calls,
            slots,
        };
        if !timeline.is_over() {
            timeline.call_between(0, timeline.called_by[0]);
        }
        timeline
    }

    /// The number of layers, which is the number of answered calls.
    pub(super) fn layers(&self) -> usize {
        self.returns.len()
    }

    #[inline]
    pub(super) fn layer(&self) -> usize {
        self.layer
    }

    /// Whether every answered call is linearized.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.layer == self.returns.len()
    }

    /// The call that must be linearized in this layer.
    #[inline]
    pub(super) fn returning(&self) -> usize {
        self.returns[self.layer]
    }

    #[inline]
    pub(super) fn slot(&self, call: usize) -> usize {
        self.slots[call]
    }

    #[inline]
    pub(super) fn in_slot(&self, slot: usize) -> usize {
        self.in_slot[slot]
    }

    /// The slots of answered calls that are pending.
    #[inline]
    pub(super) fn occupied(&self) -> &S {
        &self.occupied
    }

    /// The slots of pending calls that are read-only.
    #[inline]
    pub(super) fn read_only(&self) -> &S {
        &self.read_only
    }

    /// The call that must be linearized in a layer.
    pub(super) fn returning_in(&self, layer: usize) -> usize {
        self.returns[layer]
    }

    /// The indeterminate calls made by the end of a layer, oldest first.
    #[inline]
    pub(super) fn indeterminate_in(&self, layer: usize) -> &[usize] {
        &self.indeterminate[..self.indeterminate_by[layer]]
    }

    /// All indeterminate calls, oldest first.
    pub(super) fn all_indeterminate(&self) -> &[usize] {
        &self.indeterminate
    }

    /// Passes the return of this layer.
    #[inline]
    pub(super) fn advance(&mut self) {
        let slot = self.slots[self.returns[self.layer]];
        self.occupied.remove(slot);
        self.read_only.remove(slot);
        self.layer += 1;
        if !self.is_over() {
            self.call_between(self.called_by[self.layer - 1], self.called_by[self.layer]);
        }
    }

    /// Moves to any layer.
    pub(super) fn go_to(&mut self, layer: usize) {
        self.retreat_to(layer);
        while self.layer < layer {
            self.advance();
        }
    }

    /// Returns to an earlier layer.
    #[inline]
    pub(super) fn retreat_to(&mut self, layer: usize) {
        while layer < self.layer {
            if !self.is_over() {
                self.take_back_between(self.called_by[self.layer - 1], self.called_by[self.layer]);
            }
            self.layer -= 1;
            self.occupy(self.returns[self.layer]);
        }
    }

    #[inline]
    fn call_between(&mut self, from: usize, to: usize) {
        for index in from..to {
            let call = self.calls[index];
            let slot = self.slots[call];
            self.displaced[call] = self.in_slot[slot];
            self.in_slot[slot] = call;
            self.occupy(call);
        }
    }

    #[inline]
    fn take_back_between(&mut self, from: usize, to: usize) {
        for index in (from..to).rev() {
            let call = self.calls[index];
            let slot = self.slots[call];
            self.in_slot[slot] = self.displaced[call];
            self.occupied.remove(slot);
            self.read_only.remove(slot);
        }
    }

    #[inline]
    fn occupy(&mut self, call: usize) {
        let slot = self.slots[call];
        self.occupied.insert(slot);
        if self.is_read_only[call] {
            self.read_only.insert(slot);
        }
    }
}
