//! The receipt shows the balance from before the command.
//!
//! The account itself is right.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A receipt with the old balance.
pub(super) struct StaleReply<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for StaleReply<S> {
    type Store = S;

    const NAME: &'static str = "stale-reply";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> StaleReply<S> {
        StaleReply { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        let receipt = step(&self.store, &entry, &self.policy, command).await?;
        Ok(Receipt { after: receipt.before, ..receipt })
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
