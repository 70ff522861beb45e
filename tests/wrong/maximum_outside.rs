//! A maximum that is checked before the lock is taken, and a minimum that is checked inside.
//!
//! The mistake of whoever thinks of the poor and not of the rich: a use that is not covered is seen to be
//! dangerous, so it gets the lock; a charge looks harmless.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A maximum outside the lock.
pub(super) struct MaximumOutside<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for MaximumOutside<S> {
    type Store = S;

    const NAME: &'static str = "maximum-outside";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> MaximumOutside<S> {
        MaximumOutside { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let checked = command.decide(self.store.load(&row).await?, &self.policy)?;
        let _turn = row.lock().await;
        let before = self.store.load(&row).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &self.policy)?,
            Action::Charge(amount) => {
                let balance = before.balance + amount.points();
                let after = Account { balance, version: before.version + 1 };
                Receipt { before, after, ..checked }
            }
        };
        self.store.commit(&row, &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
