//! Commands are written to the store in batches of four, and an incomplete batch is never flushed.
//!
//! If no more commands arrive, acknowledged commands are lost.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// Commands that are written together.
const BATCH: usize = 4;

/// A batch that is never flushed.
pub(super) struct AckBeforeFlush<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Batch {
    account: Account,
    unwritten: Vec<Receipt>,
}

impl<S: Store<PerUserState = asynchronous::Mutex<Batch>>> ConcurrencyStrategy
    for AckBeforeFlush<S>
{
    type Store = S;

    const NAME: &'static str = "ack-before-flush";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> AckBeforeFlush<S> {
        AckBeforeFlush { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let mut batch = entry.lock().await;
        if batch.account == Account::default() {
            batch.account = self.store.load(&entry).await?;
        }
        let receipt = command.decide(batch.account, &self.policy)?;
        batch.account = receipt.after;
        batch.unwritten.push(receipt);
        if batch.unwritten.len() == BATCH {
            for receipt in batch.unwritten.drain(..) {
                self.store.commit(&entry, &receipt).await?;
            }
        }
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.store.entry(user).lock().await.account)
    }
}
