//! A map of locks from which the lock holder removes its lock after the command.
//!
//! Other commands may still wait for that lock. A newcomer creates a new one and runs at the same
//! time.

use std::collections::HashMap;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Arc, Mutex, asynchronous},
};

use super::ALL_GUARANTEES;

/// A lock that is evicted while commands wait for it.
pub(super) struct LockEvictedWhileWaitedOn<S> {
    store: S,
    policy: Policy,
    locks: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<()>>>>,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for LockEvictedWhileWaitedOn<S> {
    type Store = S;

    const NAME: &'static str = "lock-evicted-while-waited-on";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LockEvictedWhileWaitedOn<S> {
        LockEvictedWhileWaitedOn { store, policy, locks: Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let lock = Arc::clone(self.locks.lock().entry(command.user).or_default());
        let _guard = lock.lock().await;
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        self.locks.lock().remove(&command.user);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
