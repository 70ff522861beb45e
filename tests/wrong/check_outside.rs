//! A balance that is checked before the lock is taken, and changed after.
//!
//! The mistake of whoever holds the lock for as short as possible. No update is lost; but what was
//! enough when it was checked may be gone by the time it is taken.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A check outside the lock.
pub(super) struct CheckOutside<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for CheckOutside<S> {
    type Store = S;

    const NAME: &'static str = "check-outside";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> CheckOutside<S> {
        CheckOutside { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let checked = command.decide(self.store.load(&row).await?, &self.policy)?;
        let _turn = row.lock().await;
        let before = self.store.load(&row).await?;
        let balance = match command.action {
            Action::Charge(amount) => before.balance + amount.points(),
            Action::Use(amount) => before.balance.saturating_sub(amount.points()),
        };
        let after = Account { balance, version: before.version + 1 };
        let receipt = Receipt { before, after, ..checked };
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
