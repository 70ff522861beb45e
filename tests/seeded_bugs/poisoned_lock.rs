//! A panic poisons the lock, and no code clears the poison.
//!
//! The commit comes last, so the account is consistent, but no later command of the user is served.

use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::{
        asynchronous,
        atomic::{AtomicBool, Ordering},
        thread,
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that stays poisoned.
#[derive(Default)]
pub(super) struct PoisonedLock;

#[derive(Default)]
pub(super) struct Lock {
    lock: asynchronous::Mutex<()>,
    poisoned: AtomicBool,
}

struct PoisonOnPanic<'a>(&'a AtomicBool);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

impl Bug for PoisonedLock {
    const NAME: &'static str = "poisoned-lock";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        if entry.poisoned.load(Ordering::SeqCst) {
            return Err(Failure::Indeterminate(Fault::Panicked));
        }
        let _poison = PoisonOnPanic(&entry.poisoned);
        base.step(&entry, command).await
    }
}
