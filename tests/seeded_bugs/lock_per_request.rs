//! Every command creates its own lock and holds it.
//!
//! No other command uses that lock, so it excludes nothing.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock for each command.
#[derive(Default)]
pub(super) struct LockPerRequest;

impl Bug for LockPerRequest {
    const NAME: &'static str = "lock-per-request";
    type State = ();

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let lock = asynchronous::Mutex::new(());
        let _guard = lock.lock().await;
        base.step(&entry, command).await
    }
}
