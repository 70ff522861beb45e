//! The maximum is checked before the lock is taken, the minimum under the lock.
//!
//! Concurrent charges can exceed the maximum: time of check to time of use.

use hotrow::{
    domain::{Account, Action, Command, Outcome, Receipt},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A check of the maximum outside the lock.
#[derive(Default)]
pub(super) struct ToctouMaximum;

impl Bug for ToctouMaximum {
    const NAME: &'static str = "toctou-maximum";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let checked = command.decide(base.store.load(&entry).await?, &base.policy)?;
        let _guard = entry.lock().await;
        let before = base.store.load(&entry).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &base.policy)?,
            Action::Charge(amount) => {
                let balance = before.balance + amount.points();
                let after = Account { balance, version: before.version + 1 };
                Receipt { before, after, ..checked }
            }
        };
        Ok(base.store.commit(&entry, &receipt).await?)
    }
}
