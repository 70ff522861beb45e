//! One [`tokio::sync::RwLock`] per user, which a task may hold while the store suspends.
//!
//! Commands exclude each other and reads share the lock, as with a blocking reader-writer lock, but
//! a waiting task gives its thread back. Readers and writers wait in one fair queue.
//!
//! It wins on a slow store with many reads. Readers of a hot account wait for writers only, and not
//! for each other, which gives three times the throughput of an asynchronous mutex.
//!
//! It loses where reads are short or rare, to a mutex, which is smaller.
//!
//! It guarantees:
//! - Order: first in, first out, by first poll. A reader waits behind an earlier writer, so neither
//!   starves.
//! - Cancellation: a waiter that is dropped leaves the queue.
//! - Panic: the lock is released and not poisoned.
//! - Memory: the lock beside the account. The queue consists of the waiting futures themselves.
//!
//! [`tokio::sync::RwLock`]: https://docs.rs/tokio/latest/tokio/sync/struct.RwLock.html

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope, step::poll_ready};
use crate::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::Store,
    sync::asynchronous,
};

/// One asynchronous reader-writer lock per user.
pub struct AsyncRwLock<S>(Base<S>);

impl<S: Store<PerUserState = asynchronous::RwLock<()>>> ConcurrencyStrategy for AsyncRwLock<S> {
    type Store = S;

    const NAME: &'static str = "async-rwlock";
    const FAMILY: Family = Family::RwLock;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> AsyncRwLock<S> {
        AsyncRwLock(base)
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
        let _guard = entry.try_write().ok()?;
        Some(self.0.step_ready(&entry, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        let _guard = entry.write().await;
        self.0.step(&entry, command).await
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        if S::IS_ASYNC {
            return None;
        }
        let Some(entry) = self.0.store.get(user) else { return Some(Account::default()) };
        let _shared = entry.try_read().ok()?;
        poll_ready(self.0.store.load(&entry)).ok()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(entry) = self.0.store.get(user) else { return Ok(Account::default()) };
        let _shared = entry.read().await;
        Ok(self.0.store.load(&entry).await?)
    }
}
