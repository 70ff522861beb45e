//! A balance and its line that are written by two steps of one future.
//!
//! The mistake of whoever forgets that a future can be dropped wherever it waits. The lock is released as it
//! should be; but a caller who goes away between the two leaves a balance without its line.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::{asynchronous, task},
};

use super::ALL_PROMISES;

/// Two writes with a gap.
pub(super) struct CutInTwo<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<Account>>> ConcurrencyStrategy for CutInTwo<S> {
    type Store = S;

    const NAME: &'static str = "cut-in-two";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> CutInTwo<S> {
        CutInTwo { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let mut account = row.lock().await;
        if *account == Account::default() {
            *account = self.store.load(&row).await?;
        }
        let receipt = command.decide(*account, &self.policy)?;
        *account = receipt.after;
        task::yield_now().await;
        self.store.commit(&row, &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.store.row(user).lock().await)
    }
}
