//! One lock for each user that may be held while the store suspends.
//!
//! Whoever waits for the lock gives its thread back and is woken in its turn: a semaphore of one
//! with a fair line. The lock lies beside the account, so a command that meets nobody makes no
//! allocation.
//!
//! It wins on a store that suspends, where it is the plainest sound answer. It loses on one that
//! does not: each contended command costs a wake-up, which is dearer than the step it waits for.
//!
//! Order: first polled, first served. Starvation: none, for the line of
//! [`tokio`](https://docs.rs/tokio/latest/tokio/sync/struct.Mutex.html) is fair. Cancellation: a waiter that is dropped leaves the line.
//! Panic: the lock opens and is not poisoned. Memory: the lock in the user's row; the line is
//! made of the waiting callers' own futures.

use super::{ConcurrencyStrategy, Family, Promises, step, step_at_once};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    sync::asynchronous,
};

/// One lock for each user that may be held while the store suspends.
pub struct AsyncMutex<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for AsyncMutex<S> {
    type Store = S;

    const NAME: &'static str = "async-mutex";
    const FAMILY: Family = Family::Mutex;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> AsyncMutex<S> {
        AsyncMutex { store, policy }
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
        let _turn = row.try_lock().ok()?;
        Some(step_at_once(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        self.store.peek(user).whole()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => {
                let _turn = row.lock().await;
                self.store.load(&row).await
            }
        }
    }
}
