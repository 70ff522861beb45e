//! A reader-writer lock on which a cancelled writer leaves its mark.
//!
//! A waiting writer marks the lock, so that new readers wait behind it. If it is dropped while a
//! reader is inside, later readers wait for a writer that no longer exists.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{Mutex, asynchronous},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that stays marked.
#[derive(Default)]
pub(super) struct WriterMarkLeft;

#[derive(Default)]
pub(super) struct Lock {
    /// Orders the waiting writers; only the first marks the lock.
    writers: asynchronous::Mutex<()>,
    state: Mutex<State>,
    released: asynchronous::Notify,
}

#[derive(Default)]
struct State {
    readers: usize,
    /// A writer waits or writes.
    marked: bool,
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
        self.0.state.lock().marked = false;
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
            if self.mark_and_try_write() {
                return WriteGuard(self);
            }
            released.await;
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

impl Bug for WriterMarkLeft {
    const NAME: &'static str = "writer-mark-left";
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
