//! Commands take the shared half of a reader-writer lock.
//!
//! Several commands hold it at the same time and lose updates.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A write under a shared lock.
#[derive(Default)]
pub(super) struct WriteUnderSharedLock;

impl Bug for WriteUnderSharedLock {
    const NAME: &'static str = "write-under-shared-lock";
    type State = asynchronous::RwLock<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.read().await;
        base.step(&entry, command).await
    }
}
