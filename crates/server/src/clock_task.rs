//! The task that advances the clock of the ledgers.
//!
//! A store reads the shared [`CoarseClock`] and never the system clock. The server advances it when
//! a command begins, which is exact for a command that completes at once, and every millisecond
//! while a command waits. While no command waits, the task sleeps.

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

use hotrow::clock::CoarseClock;

/// Time between two updates while a command waits.
const UPDATE_INTERVAL: Duration = Duration::from_millis(1);

/// Copies the system time to a [`CoarseClock`].
pub(super) struct ClockTask {
    clock: CoarseClock,
    waiting: AtomicUsize,
    wakeup: Notify,
}

/// Counts one waiting command until it is dropped.
pub(super) struct WaitGuard(Arc<ClockTask>);

impl ClockTask {
    pub(super) fn new(clock: CoarseClock) -> ClockTask {
        ClockTask { clock, waiting: AtomicUsize::new(0), wakeup: Notify::new() }
    }

    /// Sets the clock to the system time.
    pub(super) fn update(&self) {
        self.clock.sync_with_system_clock();
    }

    /// Keeps the clock running until the guard is dropped.
    pub(super) fn start_waiting(self: &Arc<ClockTask>) -> WaitGuard {
        // Relaxed: the count orders no other memory, and `Notify` stores a permit, so the wake-up
        // is not lost if it comes before `notified`.
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.wakeup.notify_one();
        }
        WaitGuard(Arc::clone(self))
    }

    /// Updates the clock while commands wait. Never returns.
    pub(super) async fn run(self: Arc<ClockTask>) {
        let mut every = time::interval(UPDATE_INTERVAL);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            while self.waiting.load(Ordering::Relaxed) > 0 {
                every.tick().await;
                self.update();
            }
            self.wakeup.notified().await;
        }
    }
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without updates, a command that waits for seconds would be recorded with the time of its
    /// arrival. A task that never slept would waste a processor. The clock advances only while a
    /// command waits.
    #[tokio::test(start_paused = true)]
    async fn the_clock_advances_only_while_a_command_waits() {
        let task = Arc::new(ClockTask::new(CoarseClock::default()));
        let has_advanced = || task.clock.millis() > 0;
        let running = tokio::spawn(Arc::clone(&task).run());
        time::sleep(UPDATE_INTERVAL * 5).await;
        assert!(!has_advanced(), "no command waits");
        let waiting = task.start_waiting();
        time::sleep(UPDATE_INTERVAL * 5).await;
        assert!(has_advanced(), "a command waits");
        drop(waiting);
        running.abort();
    }
}
