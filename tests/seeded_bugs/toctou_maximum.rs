//! The maximum is checked before the lock is taken, the minimum under the lock.
//!
//! Concurrent charges can exceed the maximum: time of check to time of use.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A check of the maximum outside the lock.
pub(super) struct ToctouMaximum<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for ToctouMaximum<S> {
    type Store = S;

    const NAME: &'static str = "toctou-maximum";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> ToctouMaximum<S> {
        ToctouMaximum { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let checked = command.decide(self.store.load(&entry).await?, &self.policy)?;
        let _guard = entry.lock().await;
        let before = self.store.load(&entry).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &self.policy)?,
            Action::Charge(amount) => {
                let balance = before.balance + amount.points();
                let after = Account { balance, version: before.version + 1 };
                Receipt { before, after, ..checked }
            }
        };
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
