//! A line in the history that is written before the command is checked.
//!
//! The mistake of whoever logs what is asked, and calls it what was done. Balances are right; the history
//! of a user lists what was refused.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A history of what was asked.
pub(super) struct LineBeforeCheck<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for LineBeforeCheck<S> {
    type Store = S;

    const NAME: &'static str = "line-before-check";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LineBeforeCheck<S> {
        LineBeforeCheck { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        let before = self.store.load(&row).await?;
        let decided = command.decide(before, &self.policy);
        let unchanged = Account { version: before.version + 1, ..before };
        let asked = Receipt { command, before, after: unchanged };
        let receipt = decided.as_ref().map_or(asked, |receipt| *receipt);
        self.store.commit(&row, &receipt).await?;
        Ok(decided?)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
