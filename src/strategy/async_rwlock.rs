//! One reader-writer lock for each user that may be held while the store suspends.
//!
//! Commands exclude each other and reads share, as under a blocking reader-writer lock, but
//! whoever waits gives its thread back. Readers and writers stand in one fair line.
//!
//! It wins on a slow store that is read often: readers of a hot account then wait for writers only,
//! and not for each other. It loses where reads are short or rare, against a mutex that is smaller.
//!
//! Order: first polled, first served. Starvation: none. The line of
//! [`tokio`](https://docs.rs/tokio/latest/tokio/sync/struct.RwLock.html) is fair: a reader that comes
//! after a waiting writer waits behind it. Cancellation: a waiter that is dropped leaves the line.
//! Panic: the lock opens and is not poisoned. Memory: the lock in the user's row; the line is
//! made of the waiting callers' own futures.

use super::{ConcurrencyStrategy, Family, Promises, step, step::at_once, step_at_once};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    sync::asynchronous,
};

/// One reader-writer lock for each user that may be held while the store suspends.
pub struct AsyncRwLock<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::RwLock<()>>> ConcurrencyStrategy for AsyncRwLock<S> {
    type Store = S;

    const NAME: &'static str = "async-rwlock";
    const FAMILY: Family = Family::RwLock;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> AsyncRwLock<S> {
        AsyncRwLock { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        if S::SUSPENDS {
            return None;
        }
        let row = self.store.row(command.user);
        let _turn = row.try_write().ok()?;
        Some(step_at_once(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.write().await;
        step(&self.store, &row, &self.policy, command).await
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        if S::SUSPENDS {
            return None;
        }
        let Some(row) = self.store.find(user) else { return Some(Account::default()) };
        let _shared = row.try_read().ok()?;
        at_once(self.store.load(&row)).ok()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(row) = self.store.find(user) else { return Ok(Account::default()) };
        let _shared = row.read().await;
        self.store.load(&row).await
    }
}
