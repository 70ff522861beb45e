//! One blocking reader-writer lock for each user: commands exclude each other, reads share.
//!
//! A command may become a write, so it takes the lock for writing from the start; only balances
//! are read under the shared half. The shared half is still a write to the lock's own word, which
//! every reader's core must own for a moment.
//!
//! It wins where reads are long and many. It loses here: reading a balance takes less time than
//! taking any lock, so the sharing costs more than what is shared, and each command pays for a
//! lock that is larger than a mutex.
//!
//! Order: none is promised. Starvation: none. A waiting writer holds new readers back, and a lock that
//! is contended is handed over fairly about every half millisecond, as the documentation of
//! [`parking_lot`](https://docs.rs/parking_lot/latest/parking_lot/type.RwLock.html) says. The wait is
//! bounded by that timer, so a waiter may be overtaken by many short commands before.
//! Cancellation: a command is done at its first poll. Panic: the lock opens and is not poisoned.
//! Memory: eight bytes in the user's row.

use super::{ConcurrencyStrategy, Family, Promises, step_now};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::ImmediateStore,
    sync,
};

/// One blocking reader-writer lock for each user.
pub struct RwLock<S> {
    store: S,
    policy: Policy,
}

impl<S: ImmediateStore<Slot = sync::RwLock<()>>> ConcurrencyStrategy for RwLock<S> {
    type Store = S;

    const NAME: &'static str = "rwlock";
    const FAMILY: Family = Family::RwLock;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> RwLock<S> {
        RwLock { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let row = self.store.row(command.user);
        let _turn = row.write();
        Some(step_now(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("a lock that blocks is waited for in the call")
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        let Some(row) = self.store.find(user) else { return Some(Account::default()) };
        let _shared = row.read();
        Some(self.store.load_now(&row))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.read_at_once(user).expect("a lock that blocks is waited for in the call"))
    }
}
