//! The time that goes into a ledger: a coarse clock that is set from outside.
//!
//! Reading the system's clock for each ledger entry costs more than any good strategy does. So a
//! store reads one atomic word, as with `CLOCK_MONOTONIC_COARSE`. The code that runs the service
//! advances that word: a server with each command, a measurement at its phases, a test by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crossbeam_utils::CachePadded;

/// A shared time in milliseconds since 1970. It shows the time of the last update.
///
/// It has a cache line of its own: every commit reads it, so no other data on its line may be
/// written.
#[derive(Debug, Clone, Default)]
pub struct CoarseClock(Arc<CachePadded<AtomicU64>>);

impl CoarseClock {
    /// Creates a clock that shows the current system time until the next update.
    pub fn now() -> CoarseClock {
        let clock = CoarseClock::default();
        clock.sync_with_system_clock();
        clock
    }

    /// Returns the milliseconds since 1970 at the last update.
    #[inline]
    pub fn millis(&self) -> u64 {
        // Relaxed: a timestamp publishes nothing.
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the time to `millis` since 1970, unless the clock already shows a later time.
    pub fn advance(&self, millis: u64) {
        self.0.fetch_max(millis, Ordering::Relaxed);
    }

    /// Sets the time to the system's time, unless the clock already shows a later time.
    pub fn sync_with_system_clock(&self) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.advance(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system clock that is set back must not produce a ledger whose times run backwards.
    #[test]
    fn the_clock_never_runs_backwards() {
        let clock = CoarseClock::default();
        clock.advance(20);
        clock.advance(10);
        assert_eq!(clock.millis(), 20);
    }
}
