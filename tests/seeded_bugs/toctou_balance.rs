//! The balance is checked before the lock is taken, and changed after: time of check to time of
//! use.
//!
//! No update is lost, but the balance may have become too small since the check.

use hotrow::{
    domain::{Account, Action, Command, Outcome, Receipt},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A check outside the lock.
#[derive(Default)]
pub(super) struct ToctouBalance;

impl Bug for ToctouBalance {
    const NAME: &'static str = "toctou-balance";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let checked = command.decide(base.store.load(&entry).await?, &base.policy)?;
        let _guard = entry.lock().await;
        let before = base.store.load(&entry).await?;
        let balance = match command.action {
            Action::Charge(amount) => before.balance + amount.points(),
            Action::Use(amount) => before.balance.saturating_sub(amount.points()),
        };
        let after = Account { balance, version: before.version + 1 };
        let receipt = Receipt { before, after, ..checked };
        Ok(base.store.commit(&entry, &receipt).await?)
    }
}
