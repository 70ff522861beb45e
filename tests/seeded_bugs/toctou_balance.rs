//! The balance is checked before the lock is taken, and changed after: time of check to time of
//! use.
//!
//! No update is lost, but the balance may have become too small since the check.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A check outside the lock.
pub(super) struct ToctouBalance<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for ToctouBalance<S> {
    type Store = S;

    const NAME: &'static str = "toctou-balance";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> ToctouBalance<S> {
        ToctouBalance { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let checked = command.decide(self.store.load(&entry).await?, &self.policy)?;
        let _guard = entry.lock().await;
        let before = self.store.load(&entry).await?;
        let balance = match command.action {
            Action::Charge(amount) => before.balance + amount.points(),
            Action::Use(amount) => before.balance.saturating_sub(amount.points()),
        };
        let after = Account { balance, version: before.version + 1 };
        let receipt = Receipt { before, after, ..checked };
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
