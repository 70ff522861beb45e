//! One blocking lock for each user, held for the whole step.
//!
//! The plainest sound answer, and the one to beat. The lock is one byte beside the account, so a
//! command that meets nobody takes it, decides and gives it back within one cache line. Commands
//! of one user wait for each other and nothing else does.
//!
//! It wins on uncontended rows and on few cores, and its reads need no lock at all where the store
//! can be read whole. It loses when a holder is descheduled: everybody behind it stalls, and a
//! waiter blocks its thread, so it must not be held across a store that suspends.
//!
//! Order: none is promised; the lock goes to whoever takes it first, and is handed over fairly
//! only about every half millisecond. Starvation: none, but the wait is bounded by that
//! [timer](https://docs.rs/parking_lot/latest/parking_lot/type.Mutex.html#fairness) and not by a number
//! of commands. Cancellation: a command is done at its first poll, so there
//! is nothing to cancel. Panic: the lock opens and is not poisoned; the commit comes last, so the
//! account is as it was. Memory: one byte in the user's row.

use super::{ConcurrencyStrategy, Family, Promises, step_now};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{ImmediateStore, Peek},
    sync,
};

/// One blocking lock for each user.
pub struct Mutex<S> {
    store: S,
    policy: Policy,
}

impl<S: ImmediateStore<Slot = sync::Mutex<()>>> ConcurrencyStrategy for Mutex<S> {
    type Store = S;

    const NAME: &'static str = "mutex";
    const FAMILY: Family = Family::Mutex;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Mutex<S> {
        Mutex { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let row = self.store.row(command.user);
        let _turn = row.lock();
        Some(step_now(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("a lock that blocks is waited for in the call")
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        self.store.peek(user).whole()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => {
                let _turn = row.lock();
                Ok(self.store.load_now(&row))
            }
        }
    }
}
