//! Commands are written to the store in batches of four, and an incomplete batch is never flushed.
//!
//! If no more commands arrive, acknowledged commands are lost.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Receipt, UserId},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf, unwritten};

/// Commands that are written together.
const BATCH: usize = 4;

/// A batch that is never flushed.
#[derive(Default)]
pub(super) struct AckBeforeFlush;

#[derive(Default)]
pub(super) struct Batch {
    account: Account,
    unwritten: Vec<Receipt>,
}

impl Bug for AckBeforeFlush {
    const NAME: &'static str = "ack-before-flush";
    type State = asynchronous::Mutex<Batch>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let mut batch = entry.lock().await;
        if batch.account == Account::default() {
            batch.account = base.store.load(&entry).await?;
        }
        let receipt = command.decide(batch.account, &base.policy)?;
        batch.account = receipt.after;
        batch.unwritten.push(receipt);
        if batch.unwritten.len() == BATCH {
            for receipt in batch.unwritten.drain(..) {
                base.store.commit(&entry, &receipt).await?;
            }
        }
        Ok(unwritten(receipt))
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        Ok(base.store.entry(user).lock().await.account)
    }
}
