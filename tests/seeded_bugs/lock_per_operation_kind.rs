//! One lock for charges and another one for uses.
//!
//! Charges exclude charges and uses exclude uses, so a test of one kind shows no mistake.

use hotrow::{
    domain::{Action, Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock for charges and a lock for uses.
#[derive(Default)]
pub(super) struct LockPerOperationKind;

#[derive(Default)]
pub(super) struct Locks {
    charges: asynchronous::Mutex<()>,
    uses: asynchronous::Mutex<()>,
}

impl Bug for LockPerOperationKind {
    const NAME: &'static str = "lock-per-operation-kind";
    type State = Locks;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let lock = match command.action {
            Action::Charge(_) => &entry.charges,
            Action::Use(_) => &entry.uses,
        };
        let _guard = lock.lock().await;
        base.step(&entry, command).await
    }
}
