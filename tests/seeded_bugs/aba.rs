//! A commit that compares the balance, but not the version: the ABA problem.
//!
//! A balance that changed and changed back counts as unchanged, so the command gets the place in
//! the ledger that was free before.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A compare-and-set on the balance alone.
#[derive(Default)]
pub(super) struct Aba;

impl Bug for Aba {
    const NAME: &'static str = "aba";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        loop {
            let before = base.store.load(&entry).await?;
            let receipt = command.decide(before, &base.policy)?;
            let _comparing = entry.lock().await;
            if base.store.load(&entry).await?.balance == before.balance {
                return Ok(base.store.commit(&entry, &receipt).await?);
            }
        }
    }
}
