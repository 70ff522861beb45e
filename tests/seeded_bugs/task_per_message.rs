//! An actor that spawns a task for each message.
//!
//! The mailbox receives the messages in order, but the tasks execute them concurrently.

use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::{Arc, task},
};

use super::bug::{Bug, Shared, StoreOf};

/// A task for each message.
#[derive(Default)]
pub(super) struct TaskPerMessage;

impl Bug for TaskPerMessage {
    const NAME: &'static str = "task-per-message";
    type State = ();

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let base = Arc::clone(base);
        let worker =
            task::spawn(async move { base.step(&base.store.entry(command.user), command).await });
        worker.await.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
    }
}
