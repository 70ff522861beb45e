//! One lock for all users.
//!
//! No update is lost, but every user waits for every other.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// One lock for all users.
#[derive(Default)]
pub(super) struct GlobalLock {
    lock: asynchronous::Mutex<()>,
}

impl Bug for GlobalLock {
    const NAME: &'static str = "global-lock";
    type State = ();

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = self.lock.lock().await;
        base.step(&entry, command).await
    }
}
