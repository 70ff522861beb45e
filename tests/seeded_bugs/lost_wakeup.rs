//! A lock that notifies a waiter once, and never again.
//!
//! A flag marks that a waiter was notified, and no code clears it. The third of three contending
//! commands is never woken.

use hotrow::{
    domain::{Command, Outcome},
    sync::{
        asynchronous::Notify,
        atomic::{AtomicBool, Ordering},
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that notifies once.
#[derive(Default)]
pub(super) struct LostWakeup;

#[derive(Default)]
pub(super) struct Lock {
    locked: AtomicBool,
    released: Notify,
    woken: AtomicBool,
}

impl Bug for LostWakeup {
    const NAME: &'static str = "lost-wakeup";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        while entry.locked.swap(true, Ordering::SeqCst) {
            entry.released.notified().await;
        }
        let outcome = base.step(&entry, command).await;
        entry.locked.store(false, Ordering::SeqCst);
        if !entry.woken.swap(true, Ordering::SeqCst) {
            entry.released.notify_one();
        }
        outcome
    }
}
