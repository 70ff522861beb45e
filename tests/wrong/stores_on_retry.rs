//! A compare-and-set loop that writes without comparing when it has lost once.
//!
//! The mistake of whoever has computed the balance again and thinks that it must be right by now. It seldom
//! loses twice in a row.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{ConditionalStore, Peek},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
};

use super::ALL_PROMISES;

/// A retry that does not compare.
pub(super) struct StoresOnRetry<S> {
    store: S,
    policy: Policy,
}

impl<S: ConditionalStore<Slot = ()>> ConcurrencyStrategy for StoresOnRetry<S> {
    type Store = S;

    const NAME: &'static str = "stores-on-retry";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> StoresOnRetry<S> {
        StoresOnRetry { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let before = self.store.load(&row).await?;
        let receipt = command.decide(before, &self.policy)?;
        if self.store.commit_if_unchanged(&row, &receipt).await? {
            return Ok(receipt);
        }
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
