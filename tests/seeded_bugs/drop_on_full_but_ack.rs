//! A full queue drops the command, but the caller receives a receipt.
//!
//! The mistake shows only if the queue is full.

use hotrow::{
    domain::{Command, Outcome},
    sync::{
        asynchronous,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::bug::{Bug, Shared, StoreOf, unwritten};

/// Commands that may wait. This is more than most tests send at once.
const QUEUE_MAX: usize = 1_024;

/// A full queue that acknowledges.
#[derive(Default)]
pub(super) struct DropOnFullButAck;

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    waiting: AtomicUsize,
}

impl Bug for DropOnFullButAck {
    const NAME: &'static str = "drop-on-full-but-ack";
    type State = Queue;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        if QUEUE_MAX <= entry.waiting.fetch_add(1, Ordering::SeqCst) {
            entry.waiting.fetch_sub(1, Ordering::SeqCst);
            let receipt = command.decide(base.store.load(&entry).await?, &base.policy)?;
            return Ok(unwritten(receipt));
        }
        let _guard = entry.lock.lock().await;
        let outcome = base.step(&entry, command).await;
        entry.waiting.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}
