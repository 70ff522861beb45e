//! The one clock of all clients of a schedule: a count of what was looked at.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts calls and returns. Not taken from [`sync`](crate::sync): to read it is no step.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU64);

impl Clock {
    /// The time now, which is never again.
    pub(super) fn now(&self) -> u64 {
        // Relaxed: all tasks of a schedule share one thread.
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}
