//! A balance above the maximum wraps to zero.
//!
//! No charge is rejected.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A balance that wraps.
pub(super) struct WrappingOverflow<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for WrappingOverflow<S> {
    type Store = S;

    const NAME: &'static str = "wrapping-overflow";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> WrappingOverflow<S> {
        WrappingOverflow { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        let before = self.store.load(&entry).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &self.policy)?,
            Action::Charge(amount) => {
                let balance =
                    (before.balance + amount.points()) % (self.policy.bounds().balance_max + 1);
                let after = Account { balance, version: before.version + 1 };
                Receipt { command, before, after }
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
