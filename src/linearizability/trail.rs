//! The steps of a search, of which any order that it tried can be read back.

/// Every step of the search: the operation placed, and the step before it.
pub(super) struct Trail(Vec<(usize, usize)>);

impl Trail {
    /// What is before the first step.
    pub(super) const BEGIN: usize = usize::MAX;

    /// No step yet, with room for so many.
    pub(super) fn with_room(steps: usize) -> Trail {
        Trail(Vec::with_capacity(steps))
    }

    /// Adds the step that places `call` after the step `before`, and returns its number.
    #[inline]
    pub(super) fn step(&mut self, call: usize, before: usize) -> usize {
        self.0.push((call, before));
        self.0.len() - 1
    }

    /// The operations placed last up to this step, oldest first.
    pub(super) fn last(&self, mut step: usize, count: usize) -> Vec<usize> {
        let mut calls = Vec::new();
        while step != Trail::BEGIN && calls.len() < count {
            let (call, before) = self.0[step];
            calls.push(call);
            step = before;
        }
        calls.reverse();
        calls
    }
}
