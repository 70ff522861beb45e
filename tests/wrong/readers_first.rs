//! A reader-writer lock that admits readers while a writer waits.
//!
//! The first solution in "Concurrent Control with Readers and Writers" (Courtois, Heymans and Parnas
//! 1971): a reader waits only for a writer that is inside. While readers overlap, no writer gets in.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous},
};

use super::ALL_PROMISES;

/// A lock that prefers readers.
pub(super) struct ReadersFirst<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    /// Writers wait for each other in order.
    writers: asynchronous::Mutex<()>,
    state: Mutex<State>,
    freed: asynchronous::Notify,
}

#[derive(Default)]
struct State {
    readers: usize,
    writing: bool,
}

struct Reading<'a>(&'a Lock);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.state.lock().readers -= 1;
        self.0.freed.notify_waiters();
    }
}

struct Writing<'a>(&'a Lock);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.state.lock().writing = false;
        self.0.freed.notify_waiters();
    }
}

impl Lock {
    async fn read(&self) -> Reading<'_> {
        loop {
            let freed = self.freed.notified();
            if self.try_read() {
                return Reading(self);
            }
            freed.await;
        }
    }

    async fn write(&self) -> Writing<'_> {
        loop {
            let freed = self.freed.notified();
            if self.try_write() {
                return Writing(self);
            }
            freed.await;
        }
    }

    fn try_read(&self) -> bool {
        let mut state = self.state.lock();
        if !state.writing {
            state.readers += 1;
        }
        !state.writing
    }

    fn try_write(&self) -> bool {
        let mut state = self.state.lock();
        state.writing = state.readers == 0;
        state.writing
    }
}

impl<S: Store<Slot = Lock>> ConcurrencyStrategy for ReadersFirst<S> {
    type Store = S;

    const NAME: &'static str = "readers-first";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> ReadersFirst<S> {
        ReadersFirst { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _line = row.writers.lock().await;
        let _writing = row.write().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(row) = self.store.find(user) else { return Ok(Account::default()) };
        let _reading = row.read().await;
        self.store.load(&row).await
    }
}
