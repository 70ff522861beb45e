//! A step that is retried after a fault of the store.
//!
//! The store may have committed before the fault, and then the command is applied twice.

use hotrow::{
    domain::{Command, Failure, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A retry after a fault.
#[derive(Default)]
pub(super) struct RetryAfterAmbiguousFailure;

impl Bug for RetryAfterAmbiguousFailure {
    const NAME: &'static str = "retry-after-ambiguous-failure";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        match base.step(&entry, command).await {
            Err(Failure::Indeterminate(_)) => base.step(&entry, command).await,
            outcome => outcome,
        }
    }
}
