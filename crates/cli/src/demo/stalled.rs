//! A mutex whose holder stalls at regular intervals, for the demonstration of coordinated omission.
//!
//! A garbage collection, a preemption or a page fault has the same effect.

use std::{
    thread,
    time::{Duration, Instant},
};

use hotrow::{
    domain::{Command, Outcome},
    store::SyncStore,
    strategy::{Base, ConcurrencyStrategy, Family, Guarantees, Scope},
    sync::{
        self,
        atomic::{AtomicU64, Ordering},
    },
};

/// The duration of a stall.
pub(super) const STALL: Duration = Duration::from_millis(20);

/// The time from one stall to the next.
pub(super) const EVERY: Duration = Duration::from_millis(250);

/// One blocking lock for each user, with a holder that stalls at regular intervals.
pub(super) struct Stalled<S> {
    base: Base<S>,
    opened: Instant,
    /// Stalls so far.
    stalls: AtomicU64,
}

impl<S: SyncStore<PerUserState = sync::Mutex<()>>> ConcurrencyStrategy for Stalled<S> {
    type Store = S;

    const NAME: &'static str = "mutex-stalled";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Stalled<S> {
        Stalled { base, opened: Instant::now(), stalls: AtomicU64::new(0) }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.base.store.entry(command.user);
        let _guard = entry.lock();
        self.stall_if_due();
        Some(self.base.step_sync(&entry, command))
    }
}

impl<S> Stalled<S> {
    fn stall_if_due(&self) {
        let due = self.opened.elapsed().as_nanos() / EVERY.as_nanos();
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        // Relaxed: the scenario has one account, and the caller holds its lock.
        if self.stalls.load(Ordering::Relaxed) < due {
            self.stalls.store(due, Ordering::Relaxed);
            thread::sleep(STALL);
        }
    }
}
