//! Every fault of the store is answered as not applied.
//!
//! The store may have committed before the fault. A caller that believes the answer sends the
//! command again, and then it is applied twice.

use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// An answer that hides a doubt.
#[derive(Default)]
pub(super) struct NotAppliedButWritten;

impl Bug for NotAppliedButWritten {
    const NAME: &'static str = "not-applied-but-written";
    type State = asynchronous::Mutex<()>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock().await;
        base.step(&entry, command).await.map_err(|failure| match failure {
            Failure::Indeterminate(Fault::Store(error)) => Failure::NotApplied(error),
            other => other,
        })
    }
}
