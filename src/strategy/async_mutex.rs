//! One [`tokio::sync::Mutex`] per user, which a task may hold while the store suspends.
//!
//! A waiting task gives its thread back, and tasks are woken in order: the lock is a fair semaphore
//! with one permit. It lies beside the account, so an uncontended command allocates nothing.
//!
//! It wins on a store that suspends, where it is the simplest linearizable strategy.
//!
//! It loses on a store that does not suspend: each contended command costs a wake-up, which takes
//! longer than the step that it waits for.
//!
//! It guarantees:
//! - Order: first in, first out, by first poll, so no waiter starves.
//! - Cancellation: a waiter that is dropped leaves the queue.
//! - Panic: the lock is released and not poisoned.
//! - Memory: the lock beside the account. The queue consists of the waiting futures themselves.
//!
//! [`tokio::sync::Mutex`]: https://docs.rs/tokio/latest/tokio/sync/struct.Mutex.html

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::{Snapshot, Store},
    sync::asynchronous,
};

/// One asynchronous lock per user.
pub struct AsyncMutex<S>(Base<S>);

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for AsyncMutex<S> {
    type Store = S;

    const NAME: &'static str = "async-mutex";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> AsyncMutex<S> {
        AsyncMutex(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        if S::IS_ASYNC {
            return None;
        }
        let entry = self.0.store.entry(command.user);
        let _guard = entry.try_lock().ok()?;
        Some(self.0.step_ready(&entry, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        let _guard = entry.lock().await;
        self.0.step(&entry, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.0.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLoad(entry) => Ok(self.0.store.load(&entry).await?),
            Snapshot::NeedsLock(entry) => {
                let _guard = entry.lock().await;
                Ok(self.0.store.load(&entry).await?)
            }
        }
    }
}
