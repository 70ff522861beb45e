//! Load, compute and store of an atomic balance, in three steps.
//!
//! Each access is atomic, but the read-modify-write is not: it overwrites what was stored in
//! between.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::{
        atomic::{AtomicU64, Ordering},
        task,
    },
};

use super::ALL_GUARANTEES;

/// An atomic balance without an atomic update.
pub(super) struct NonAtomicRmw<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = AtomicU64>> ConcurrencyStrategy for NonAtomicRmw<S> {
    type Store = S;

    const NAME: &'static str = "non-atomic-rmw";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> NonAtomicRmw<S> {
        NonAtomicRmw { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let version = self.store.load(&entry).await?.version;
        let balance = entry.load(Ordering::SeqCst);
        task::yield_now().await;
        let receipt = command.decide(Account { balance, version }, &self.policy)?;
        entry.store(receipt.after.balance, Ordering::SeqCst);
        self.store.commit(&entry, &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
