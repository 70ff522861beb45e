//! An atomic balance that is read, computed with and written.
//!
//! The mistake of whoever has heard that atomics need no lock. Each of the three is atomic, and the three
//! together are not: whatever is written between the read and the write is overwritten.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::{
        atomic::{AtomicU64, Ordering},
        task,
    },
};

use super::ALL_PROMISES;

/// An atomic balance in three steps.
pub(super) struct AtomicInName<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = AtomicU64>> ConcurrencyStrategy for AtomicInName<S> {
    type Store = S;

    const NAME: &'static str = "atomic-in-name";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> AtomicInName<S> {
        AtomicInName { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let version = self.store.load(&row).await?.version;
        let balance = row.load(Ordering::SeqCst);
        task::yield_now().await;
        let receipt = command.decide(Account { balance, version }, &self.policy)?;
        row.store(receipt.after.balance, Ordering::SeqCst);
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
