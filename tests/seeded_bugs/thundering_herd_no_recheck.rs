//! A lock that wakes all waiters, which do not test again whether it is free.
//!
//! An `if` in place of a `while`: with three commands, both waiters enter together.

use hotrow::{
    domain::{Command, Outcome},
    sync::{
        asynchronous::Notify,
        atomic::{AtomicBool, Ordering},
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock whose waiters do not recheck.
#[derive(Default)]
pub(super) struct ThunderingHerdNoRecheck;

#[derive(Default)]
pub(super) struct Lock {
    locked: AtomicBool,
    released: Notify,
}

impl Bug for ThunderingHerdNoRecheck {
    const NAME: &'static str = "thundering-herd-no-recheck";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        if entry.locked.swap(true, Ordering::SeqCst) {
            entry.released.notified().await;
            entry.locked.store(true, Ordering::SeqCst);
        }
        let outcome = base.step(&entry, command).await;
        entry.locked.store(false, Ordering::SeqCst);
        entry.released.notify_waiters();
        outcome
    }
}
