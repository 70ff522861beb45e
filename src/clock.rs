//! The time that goes into a ledger, told and not asked for.
//!
//! Reading the system's clock for each ledger entry costs more than any good strategy does. So a
//! store reads one atomic word, and whoever runs the service advances it: a server with
//! each command, a measurement at its phases, a test by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// A shared count of milliseconds since 1970, as last told.
#[derive(Debug, Clone, Default)]
pub struct Tick(Arc<Padded>);

/// A cache line of its own: the tick is read by every commit and must not share a line with
/// anything that is written.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded(AtomicU64);

impl Tick {
    /// A tick that shows the system's time now, and keeps showing it until it is told another.
    pub fn now() -> Tick {
        let tick = Tick::default();
        tick.follow_system();
        tick
    }

    /// Milliseconds since 1970, as last told.
    #[inline]
    pub fn millis(&self) -> u64 {
        // Relaxed: a timestamp publishes nothing.
        self.0.0.load(Ordering::Relaxed)
    }

    /// Tells the time. An earlier time than the one shown is not taken back to.
    pub fn advance(&self, millis: u64) {
        self.0.0.fetch_max(millis, Ordering::Relaxed);
    }

    /// Tells the system's time.
    pub fn follow_system(&self) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.advance(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system clock that is set back must not give a history whose times run backwards.
    #[test]
    fn time_does_not_run_backwards() {
        let tick = Tick::default();
        tick.advance(20);
        tick.advance(10);
        assert_eq!(tick.millis(), 20);
    }
}
