//! The logical clock of a schedule, which all its clients share.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts calls and returns. It does not use [`sync`](hotrow::sync), so a read of the clock is not a
/// step of the schedule.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    /// Returns the current time. Each call returns a later one.
    pub(super) fn now(&self) -> u64 {
        // Relaxed: all tasks of a schedule share one thread.
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}
