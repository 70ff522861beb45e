//! A reader-writer lock that admits readers while a writer waits.
//!
//! This is the first solution in "Concurrent Control with Readers and Writers" (Courtois, Heymans
//! and Parnas 1971): a reader waits only for an active writer. While readers overlap, writers
//! starve.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Mutex, asynchronous},
};

use super::ALL_GUARANTEES;

/// A lock that prefers readers.
pub(super) struct ReadersFirst<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    /// Orders the waiting writers.
    writers: asynchronous::Mutex<()>,
    state: Mutex<State>,
    released: asynchronous::Notify,
}

#[derive(Default)]
struct State {
    readers: usize,
    writing: bool,
}

struct ReadGuard<'a>(&'a Lock);

impl Drop for ReadGuard<'_> {
    fn drop(&mut self) {
        self.0.state.lock().readers -= 1;
        self.0.released.notify_waiters();
    }
}

struct WriteGuard<'a>(&'a Lock);

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        self.0.state.lock().writing = false;
        self.0.released.notify_waiters();
    }
}

impl Lock {
    async fn read(&self) -> ReadGuard<'_> {
        loop {
            let released = self.released.notified();
            if self.try_read() {
                return ReadGuard(self);
            }
            released.await;
        }
    }

    async fn write(&self) -> WriteGuard<'_> {
        loop {
            let released = self.released.notified();
            if self.try_write() {
                return WriteGuard(self);
            }
            released.await;
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

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for ReadersFirst<S> {
    type Store = S;

    const NAME: &'static str = "readers-first";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> ReadersFirst<S> {
        ReadersFirst { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _order = entry.writers.lock().await;
        let _guard = entry.write().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(entry) = self.store.get(user) else { return Ok(Account::default()) };
        let _guard = entry.read().await;
        self.store.load(&entry).await
    }
}
