//! A reply with the balance from before the command.
//!
//! The mistake of whoever answers with what was loaded. The account is right, and every caller is told
//! what it was before.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A reply with the old balance.
pub(super) struct OldBalance<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for OldBalance<S> {
    type Store = S;

    const NAME: &'static str = "old-balance";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> OldBalance<S> {
        OldBalance { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        let receipt = step(&self.store, &row, &self.policy, command).await?;
        Ok(Receipt { after: receipt.before, ..receipt })
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
