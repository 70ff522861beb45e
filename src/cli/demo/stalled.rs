//! The mutex, with a holder that is taken off its core now and then: what the demonstration of
//! coordinated omission needs. A garbage collector, a neighbour, a page from disk look like it.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{ImmediateStore, Peek},
    strategy::{ConcurrencyStrategy, Family, Promises, step_now},
    sync::{
        self,
        atomic::{AtomicU64, Ordering},
    },
};

/// How long a stall takes.
pub(super) const STALL: Duration = Duration::from_millis(20);

/// From one stall to the next.
pub(super) const EVERY: Duration = Duration::from_millis(250);

/// One blocking lock for each user, of whom one holder stalls now and then.
pub(super) struct Stalled<S> {
    store: S,
    policy: Policy,
    opened: Instant,
    /// Stalls so far.
    stalls: AtomicU64,
}

impl<S: ImmediateStore<Slot = sync::Mutex<()>>> ConcurrencyStrategy for Stalled<S> {
    type Store = S;

    const NAME: &'static str = "mutex-stalled";
    const FAMILY: Family = Family::Mutex;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Stalled<S> {
        Stalled { store, policy, opened: Instant::now(), stalls: AtomicU64::new(0) }
    }

    fn store(&self) -> &S {
        &self.store
    }

    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let row = self.store.row(command.user);
        let _turn = row.lock();
        self.stall_if_due();
        Some(step_now(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("a lock that blocks is waited for in the call")
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => Ok(self.store.load_now(&row)),
        }
    }
}

impl<S> Stalled<S> {
    fn stall_if_due(&self) {
        let due = self.opened.elapsed().as_nanos() / EVERY.as_nanos();
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        // Relaxed: whoever comes here holds the only account's lock.
        if self.stalls.load(Ordering::Relaxed) < due {
            self.stalls.store(due, Ordering::Relaxed);
            thread::sleep(STALL);
        }
    }
}
