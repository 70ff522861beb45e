//! A commit that compares the balance, but not the version: the ABA problem.
//!
//! A balance that changed and changed back counts as unchanged, so the command gets the place in
//! the ledger that was free before.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A compare-and-set on the balance alone.
pub(super) struct Aba<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for Aba<S> {
    type Store = S;

    const NAME: &'static str = "aba";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> Aba<S> {
        Aba { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        loop {
            let before = self.store.load(&entry).await?;
            let receipt = command.decide(before, &self.policy)?;
            let _comparing = entry.lock().await;
            if self.store.load(&entry).await?.balance == before.balance {
                self.store.commit(&entry, &receipt).await?;
                return Ok(receipt);
            }
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
