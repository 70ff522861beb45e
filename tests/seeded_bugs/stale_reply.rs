//! The receipt shows the balance from before the command.
//!
//! The account itself is right.

use hotrow::{
    domain::{Command, LedgerEntry, Outcome, Receipt},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A receipt with the old balance.
#[derive(Default)]
pub(super) struct StaleReply;

impl Bug for StaleReply {
    const NAME: &'static str = "stale-reply";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        let written = base.step(&entry, command).await?;
        let receipt = Receipt { after: written.receipt.before, ..written.receipt };
        Ok(LedgerEntry { receipt, ..written })
    }
}
