//! A rejection fails every command that waits behind the rejected one.
//!
//! Commands that arrive later are not affected, so sequential commands show no mistake.

use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A queue in which a rejection fails all waiters.
#[derive(Default)]
pub(super) struct ErrorFailsWholeBatch;

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    rejections: AtomicU64,
}

impl Bug for ErrorFailsWholeBatch {
    const NAME: &'static str = "error-fails-whole-batch";
    type State = Queue;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let rejections = entry.rejections.load(Ordering::SeqCst);
        let _guard = entry.lock.lock().await;
        if entry.rejections.load(Ordering::SeqCst) != rejections {
            return Err(Failure::Indeterminate(Fault::Abandoned));
        }
        let outcome = base.step(&entry, command).await;
        if outcome.is_err() {
            entry.rejections.fetch_add(1, Ordering::SeqCst);
        }
        outcome
    }
}
