//! A reader-writer lock whose waiting writer leaves its mark behind when it is dropped.
//!
//! A writer that waits marks the lock, so that new readers wait behind it, and takes the mark away when
//! it gets in. One that is dropped while a reader holds never gets in: the reader ends, and every reader
//! after it waits for a writer that is gone.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous},
};

use super::ALL_PROMISES;

/// A lock that stays marked.
pub(super) struct WriterMarkLeft<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    /// Writers wait for each other in order; only the first marks the lock.
    writers: asynchronous::Mutex<()>,
    state: Mutex<State>,
    freed: asynchronous::Notify,
}

#[derive(Default)]
struct State {
    readers: usize,
    /// A writer waits or writes.
    marked: bool,
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
        self.0.state.lock().marked = false;
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
            if self.mark_and_try_write() {
                return Writing(self);
            }
            freed.await;
        }
    }

    fn try_read(&self) -> bool {
        let mut state = self.state.lock();
        if !state.marked {
            state.readers += 1;
        }
        !state.marked
    }

    fn mark_and_try_write(&self) -> bool {
        let mut state = self.state.lock();
        state.marked = true;
        state.readers == 0
    }
}

impl<S: Store<Slot = Lock>> ConcurrencyStrategy for WriterMarkLeft<S> {
    type Store = S;

    const NAME: &'static str = "writer-mark-left";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> WriterMarkLeft<S> {
        WriterMarkLeft { store, policy }
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
