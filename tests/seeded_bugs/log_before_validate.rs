//! The ledger entry is written before the command is validated.
//!
//! Balances are right, but the ledger lists rejected commands.

use hotrow::{
    domain::{Account, Command, Outcome, Receipt},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A ledger of requests.
#[derive(Default)]
pub(super) struct LogBeforeValidate;

impl Bug for LogBeforeValidate {
    const NAME: &'static str = "log-before-validate";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        let before = base.store.load(&entry).await?;
        let decided = command.decide(before, &base.policy);
        let unchanged = Account { version: before.version + 1, ..before };
        let unvalidated = Receipt { command, before, after: unchanged };
        let receipt = decided.as_ref().map_or(unvalidated, |receipt| *receipt);
        let written = base.store.commit(&entry, &receipt).await?;
        Ok(decided.map(|_| written)?)
    }
}
