//! A map of locks from which the lock is taken as soon as its holder is done.
//!
//! The mistake of whoever does not want the map to grow. Others still wait for the lock that was taken
//! out; whoever comes now finds none, makes a new one and goes in beside them.

use std::collections::HashMap;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Arc, Mutex, asynchronous},
};

use super::ALL_PROMISES;

/// A lock that is let go while others wait for it.
pub(super) struct LockLetGo<S> {
    store: S,
    policy: Policy,
    locks: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<()>>>>,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for LockLetGo<S> {
    type Store = S;

    const NAME: &'static str = "lock-let-go";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LockLetGo<S> {
        LockLetGo { store, policy, locks: Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let lock = Arc::clone(self.locks.lock().entry(command.user).or_default());
        let _turn = lock.lock().await;
        let outcome = step(&self.store, &row, &self.policy, command).await;
        self.locks.lock().remove(&command.user);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
