//! Every command creates its own lock and holds it.
//!
//! No other command uses that lock, so it excludes nothing.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A lock for each command.
pub(super) struct LockPerRequest<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for LockPerRequest<S> {
    type Store = S;

    const NAME: &'static str = "lock-per-request";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LockPerRequest<S> {
        LockPerRequest { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let lock = asynchronous::Mutex::new(());
        let _guard = lock.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
