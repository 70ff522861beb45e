//! Who tells the time that goes into ledgers.
//!
//! Stores do not ask for the time, they are told ([`crate::clock`]). It is told when a command begins,
//! which is exact where it ends in the same breath; and every millisecond while some command waits.
//! A service that nobody asks anything of sleeps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{self, MissedTickBehavior},
};

use crate::clock::Tick;

/// How often the time is told while a command waits.
const EVERY: Duration = Duration::from_millis(1);

/// Tells a tick the system's time.
pub(super) struct Timekeeper {
    tick: Tick,
    waiting: AtomicUsize,
    somebody_waits: Notify,
}

/// A command that waits. Dropped, it has ended.
pub(super) struct Waiting(Arc<Timekeeper>);

impl Timekeeper {
    pub(super) fn of(tick: Tick) -> Timekeeper {
        Timekeeper { tick, waiting: AtomicUsize::new(0), somebody_waits: Notify::new() }
    }

    /// Tells the time once.
    pub(super) fn tell(&self) {
        self.tick.follow_system();
    }

    /// Has the time told until what is returned is dropped.
    pub(super) fn wait(self: &Arc<Timekeeper>) -> Waiting {
        // Relaxed: a count guards nothing but itself, and the notice is not lost whoever is first.
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.somebody_waits.notify_one();
        }
        Waiting(Arc::clone(self))
    }

    /// Tells the time whenever somebody waits, for ever.
    pub(super) async fn keep(self: Arc<Timekeeper>) {
        let mut every = time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            while self.waiting.load(Ordering::Relaxed) > 0 {
                every.tick().await;
                self.tell();
            }
            self.somebody_waits.notified().await;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that waits for seconds would otherwise be written with the time at which it came;
    /// and a keeper that never rests costs a processor for nothing.
    #[tokio::test(start_paused = true)]
    async fn the_time_is_told_while_somebody_waits() {
        let keeper = Arc::new(Timekeeper::of(Tick::default()));
        let told = || keeper.tick.millis() > 0;
        let keeping = tokio::spawn(Arc::clone(&keeper).keep());
        time::sleep(EVERY * 5).await;
        assert!(!told(), "nobody waits");
        let waiting = keeper.wait();
        time::sleep(EVERY * 5).await;
        assert!(told(), "somebody waits");
        drop(waiting);
        keeping.abort();
    }
}
