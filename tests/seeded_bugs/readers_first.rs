//! A reader-writer lock that admits readers while a writer waits.
//!
//! This is the first solution in "Concurrent Control with Readers and Writers" (Courtois, Heymans
//! and Parnas 1971): a reader waits only for an active writer. While readers overlap, writers
//! starve.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{Mutex, asynchronous},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that prefers readers.
#[derive(Default)]
pub(super) struct ReadersFirst;

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

impl Bug for ReadersFirst {
    const NAME: &'static str = "readers-first";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _order = entry.writers.lock().await;
        let _guard = entry.write().await;
        base.step(&entry, command).await
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        let Some(entry) = base.store.get(user) else { return Ok(Account::default()) };
        let _guard = entry.read().await;
        Ok(base.store.load(&entry).await?)
    }
}
