//! Commands take the shared half of a reader-writer lock.
//!
//! Several commands hold it at the same time and lose updates.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A write under a shared lock.
pub(super) struct WriteUnderSharedLock<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::RwLock<()>>> ConcurrencyStrategy
    for WriteUnderSharedLock<S>
{
    type Store = S;

    const NAME: &'static str = "write-under-shared-lock";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> WriteUnderSharedLock<S> {
        WriteUnderSharedLock { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.read().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
