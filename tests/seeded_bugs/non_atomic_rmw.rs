//! Load, compute and store of an atomic balance, in three steps.
//!
//! Each access is atomic, but the read-modify-write is not: it overwrites what was stored in
//! between.

use hotrow::{
    domain::{Account, Command, Outcome},
    sync::{
        atomic::{AtomicU64, Ordering},
        task,
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// An atomic balance without an atomic update.
#[derive(Default)]
pub(super) struct NonAtomicRmw;

impl Bug for NonAtomicRmw {
    const NAME: &'static str = "non-atomic-rmw";
    type State = AtomicU64;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let version = base.store.load(&entry).await?.version;
        let balance = entry.load(Ordering::SeqCst);
        task::yield_now().await;
        let receipt = command.decide(Account { balance, version }, &base.policy)?;
        entry.store(receipt.after.balance, Ordering::SeqCst);
        Ok(base.store.commit(&entry, &receipt).await?)
    }
}
