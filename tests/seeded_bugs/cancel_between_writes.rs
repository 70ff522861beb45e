//! A future writes the balance and the ledger entry in two steps, with an await between them.
//!
//! A caller that drops the future there leaves a balance without its ledger entry.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{asynchronous, task},
};

use super::bug::{Bug, Shared, StoreOf};

/// Two writes with an await between them.
#[derive(Default)]
pub(super) struct CancelBetweenWrites;

impl Bug for CancelBetweenWrites {
    const NAME: &'static str = "cancel-between-writes";
    type State = asynchronous::Mutex<Account>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let mut account = entry.lock().await;
        if *account == Account::default() {
            *account = base.store.load(&entry).await?;
        }
        let receipt = command.decide(*account, &base.policy)?;
        *account = receipt.after;
        task::yield_now().await;
        Ok(base.store.commit(&entry, &receipt).await?)
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        Ok(*base.store.entry(user).lock().await)
    }
}
