//! A balance above the maximum wraps to zero.
//!
//! No charge is rejected.

use hotrow::{
    domain::{Account, Action, Command, Outcome, Receipt},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A balance that wraps.
#[derive(Default)]
pub(super) struct WrappingOverflow;

impl Bug for WrappingOverflow {
    const NAME: &'static str = "wrapping-overflow";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        let before = base.store.load(&entry).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &base.policy)?,
            Action::Charge(amount) => {
                let balance =
                    (before.balance + amount.points()) % (base.policy.bounds().balance_max + 1);
                let after = Account { balance, version: before.version + 1 };
                Receipt { command, before, after }
            }
        };
        Ok(base.store.commit(&entry, &receipt).await?)
    }
}
