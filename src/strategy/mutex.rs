//! One blocking lock per user, held for the whole step.
//!
//! This is the simplest linearizable strategy, and the baseline of every ratio. The lock is one
//! byte beside the account, so an uncontended command locks, decides, commits and unlocks within
//! one cache line. Commands of one user exclude each other and no other commands.
//!
//! It wins in simplicity, and stays close to the best where commands seldom meet. Its reads take no
//! lock where the store can load an account consistently without one.
//!
//! It loses on a hot row, to flat combining and to compare-and-set, and where a lock holder is
//! descheduled: every waiter stalls behind it. A waiter blocks its thread, so the lock must not be
//! held across a call of a store that suspends.
//!
//! It guarantees:
//! - Order: none. A released lock goes to the first thread that takes it, and to the longest waiter
//!   about [every half
//!   millisecond](https://docs.rs/parking_lot/latest/parking_lot/type.Mutex.html#fairness). That
//!   timer bounds the wait; the number of overtaking commands has no bound.
//! - Cancellation: a command is done at its first poll.
//! - Panic: the lock is released and not poisoned. The commit comes last, so the account is
//!   unchanged.
//! - Memory: one byte beside the account.

use super::{ConcurrencyStrategy, Family, Guarantees, step_sync};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, SyncStore},
    sync,
};

/// One blocking lock per user.
pub struct Mutex<S> {
    store: S,
    policy: Policy,
}

impl<S: SyncStore<PerUserState = sync::Mutex<()>>> ConcurrencyStrategy for Mutex<S> {
    type Store = S;

    const NAME: &'static str = "mutex";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, policy: Policy) -> Mutex<S> {
        Mutex { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock();
        Some(step_sync(&self.store, &entry, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_sync(command)
            .expect("execute_sync of a blocking lock always returns an outcome")
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        self.store.snapshot(user).consistent()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => {
                let _guard = entry.lock();
                Ok(self.store.load_sync(&entry))
            }
        }
    }
}
