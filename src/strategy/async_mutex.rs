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

use super::{ConcurrencyStrategy, Family, Guarantees, step, step_ready};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    sync::asynchronous,
};

/// One asynchronous lock per user.
pub struct AsyncMutex<S> {
    store: S,
    policy: Policy,
}

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
    };

    fn new(store: S, policy: Policy) -> AsyncMutex<S> {
        AsyncMutex { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        if S::IS_ASYNC {
            return None;
        }
        let entry = self.store.entry(command.user);
        let _guard = entry.try_lock().ok()?;
        Some(step_ready(&self.store, &entry, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        self.store.snapshot(user).consistent()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => {
                let _guard = entry.lock().await;
                self.store.load(&entry).await
            }
        }
    }
}
