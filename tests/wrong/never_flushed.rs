//! Commands that are written four at a time, and a last batch that is never full.
//!
//! The mistake of whoever collects writes and forgets the end. What was acknowledged is lost when no more
//! comes: the service is idle, or it is shut down.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// Commands that are written together.
const BATCH: usize = 4;

/// A batch that is never flushed.
pub(super) struct NeverFlushed<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Batch {
    account: Account,
    unwritten: Vec<Receipt>,
}

impl<S: Store<Slot = asynchronous::Mutex<Batch>>> ConcurrencyStrategy for NeverFlushed<S> {
    type Store = S;

    const NAME: &'static str = "never-flushed";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> NeverFlushed<S> {
        NeverFlushed { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let mut batch = row.lock().await;
        if batch.account == Account::default() {
            batch.account = self.store.load(&row).await?;
        }
        let receipt = command.decide(batch.account, &self.policy)?;
        batch.account = receipt.after;
        batch.unwritten.push(receipt);
        if batch.unwritten.len() == BATCH {
            for receipt in batch.unwritten.drain(..) {
                self.store.commit(&row, &receipt).await?;
            }
        }
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.store.row(user).lock().await.account)
    }
}
