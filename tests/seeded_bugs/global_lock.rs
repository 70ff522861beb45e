//! One lock for all users.
//!
//! No update is lost, but every user waits for every other.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// One lock for all users.
pub(super) struct GlobalLock<S> {
    store: S,
    policy: Policy,
    lock: asynchronous::Mutex<()>,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for GlobalLock<S> {
    type Store = S;

    const NAME: &'static str = "global-lock";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> GlobalLock<S> {
        GlobalLock { store, policy, lock: asynchronous::Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = self.lock.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
