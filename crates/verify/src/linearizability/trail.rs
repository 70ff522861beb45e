//! The log of all steps of a search, from which each order that it tried can be read.

/// The steps of a search: each has the operation that it linearizes, and the step before it.
pub(super) struct UndoLog(Vec<(usize, usize)>);

impl UndoLog {
    /// The step before the first one.
    pub(super) const BEGIN: usize = usize::MAX;

    /// An empty log with room for this number of steps.
    pub(super) fn with_room(steps: usize) -> UndoLog {
        UndoLog(Vec::with_capacity(steps))
    }

    /// Adds the step that linearizes `call` after the step `before`, and returns its number.
    #[inline]
    pub(super) fn step(&mut self, call: usize, before: usize) -> usize {
        self.0.push((call, before));
        self.0.len() - 1
    }

    /// The last `count` operations that were linearized up to this step, oldest first.
    pub(super) fn last(&self, mut step: usize, count: usize) -> Vec<usize> {
        let mut calls = Vec::new();
        while step != UndoLog::BEGIN && calls.len() < count {
            let (call, before) = self.0[step];
            calls.push(call);
            step = before;
        }
        calls.reverse();
        calls
    }
}
