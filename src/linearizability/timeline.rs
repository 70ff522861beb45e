//! Where in time a search stands: which operations are under way, and which must be placed next.
//!
//! Time is cut at the returns. Layer *k* is the moment just before the *k*-th return: all that were
//! called up to then may be placed, and the one that returns must be. A search goes forward a layer
//! when that one has its place and back again when it takes a place away, so both are cheap: what
//! was in a slot before a call is remembered with the call.

use super::slots::Slots;
use crate::history::Call;

/// Operations in the order of time, and a layer in it.
pub(super) struct Timeline<S> {
    /// The answered calls by their returns: each ends a layer.
    returns: Vec<usize>,
    /// The answered calls by when they were made.
    calls: Vec<usize>,
    /// How many of `calls` were made by the end of each layer.
    called_by: Vec<usize>,
    /// The calls that nobody learnt the outcome of, by when they were made.
    opens: Vec<usize>,
    /// How many of `opens` were made by the end of each layer.
    opened_by: Vec<usize>,
    /// The slot of each answered call.
    slots: Vec<usize>,
    /// Which call had the slot of this one before it.
    displaced: Vec<usize>,
    looks: Vec<bool>,

    layer: usize,
    occupied: S,
    looking: S,
    in_slot: Vec<usize>,
}

/// Where each call has its slot, and how many slots there are.
pub(super) struct Places {
    returns: Vec<usize>,
    calls: Vec<usize>,
    slots: Vec<usize>,
    pub(super) count: usize,
}

impl Places {
    /// Gives every call that is answered by `until` a slot from its call to its return.
    ///
    /// A call at the time of a return comes before it: whoever called may have been first.
    pub(super) fn of<I, O>(all: &[Call<I, O>], until: u64) -> Places {
        let returned = |&call: &usize| all[call].returned();
        let answered = |call: &usize| returned(call).is_some_and(|end| end <= until);
        let mut returns: Vec<usize> = (0..all.len()).filter(answered).collect();
        let mut calls = returns.clone();
        returns.sort_by_key(|call| (returned(call), all[*call].called));
        calls.sort_by_key(|&call| all[call].called);

        let mut places = Places { slots: vec![0; all.len()], count: 0, returns, calls };
        let mut free = Vec::new();
        let mut next = places.calls.iter().peekable();
        for end in &places.returns {
            while let Some(&call) = next.next_if(|&&call| Some(all[call].called) <= returned(end)) {
                places.slots[call] = free.pop().unwrap_or(places.count);
                places.count = places.count.max(places.slots[call] + 1);
            }
            free.push(places.slots[*end]);
        }
        places
    }
}

impl<S: Slots> Timeline<S> {
    /// A timeline that stands at its first layer. What is not answered by `until` is taken for an
    /// operation of unknown outcome.
    pub(super) fn new<I, O>(
        all: &[Call<I, O>],
        places: Places,
        until: u64,
        looks: impl Fn(&I, &O) -> bool,
    ) -> Timeline<S> {
        let Places { returns, calls, slots, count } = places;
        let is_open = |&call: &usize| all[call].returned().is_none_or(|end| until < end);
        let mut opens: Vec<usize> = (0..all.len()).filter(is_open).collect();
        opens.sort_by_key(|&call| all[call].called);
        let ends = returns.iter().map(|&call| all[call].returned());
        let made_by = |made: &[usize]| {
            let mut many = 0;
            let by = ends.clone().map(|end| {
                many += made[many..].iter().take_while(|&&c| Some(all[c].called) <= end).count();
                many
            });
            by.collect()
        };
        let (called_by, opened_by) = (made_by(&calls), made_by(&opens));
        let looks = all.iter().map(|call| {
            call.answer.as_ref().is_some_and(|answer| looks(&call.input, &answer.output))
        });
        let mut timeline = Timeline {
            called_by,
            opens,
            opened_by,
            displaced: vec![0; all.len()],
            looks: looks.collect(),
            layer: 0,
            occupied: S::none(count),
            looking: S::none(count),
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

    /// Layers there are: as many as answered calls.
    pub(super) fn layers(&self) -> usize {
        self.returns.len()
    }

    #[inline]
    pub(super) fn layer(&self) -> usize {
        self.layer
    }

    /// Whether every answered call has its place.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.layer == self.returns.len()
    }

    /// The call that must be placed in this layer.
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

    /// The slots of answered calls that are under way.
    #[inline]
    pub(super) fn occupied(&self) -> &S {
        &self.occupied
    }

    /// Those of them that only look.
    #[inline]
    pub(super) fn looking(&self) -> &S {
        &self.looking
    }

    /// The call that must be placed in a layer.
    pub(super) fn returning_in(&self, layer: usize) -> usize {
        self.returns[layer]
    }

    /// Calls of unknown outcome made by the end of a layer, oldest first.
    #[inline]
    pub(super) fn opens_in(&self, layer: usize) -> &[usize] {
        &self.opens[..self.opened_by[layer]]
    }

    /// All calls of unknown outcome, oldest first.
    pub(super) fn all_opens(&self) -> &[usize] {
        &self.opens
    }

    /// Goes past the return of this layer.
    #[inline]
    pub(super) fn advance(&mut self) {
        let slot = self.slots[self.returns[self.layer]];
        self.occupied.remove(slot);
        self.looking.remove(slot);
        self.layer += 1;
        if !self.is_over() {
            self.call_between(self.called_by[self.layer - 1], self.called_by[self.layer]);
        }
    }

    /// Goes to any layer.
    pub(super) fn go_to(&mut self, layer: usize) {
        self.retreat_to(layer);
        while self.layer < layer {
            self.advance();
        }
    }

    /// Goes back to a layer that it came from.
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
        for place in from..to {
            let call = self.calls[place];
            let slot = self.slots[call];
            self.displaced[call] = self.in_slot[slot];
            self.in_slot[slot] = call;
            self.occupy(call);
        }
    }

    #[inline]
    fn take_back_between(&mut self, from: usize, to: usize) {
        for place in (from..to).rev() {
            let call = self.calls[place];
            let slot = self.slots[call];
            self.in_slot[slot] = self.displaced[call];
            self.occupied.remove(slot);
            self.looking.remove(slot);
        }
    }

    #[inline]
    fn occupy(&mut self, call: usize) {
        let slot = self.slots[call];
        self.occupied.insert(slot);
        if self.looks[call] {
            self.looking.insert(slot);
        }
    }
}
