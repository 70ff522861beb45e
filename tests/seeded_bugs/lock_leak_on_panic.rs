//! A lock that is released by a statement after the step, and not by a guard.
//!
//! If the step panics or is dropped, the lock stays held and the user is never served again.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous::{Semaphore, SemaphorePermit},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock without a guard.
#[derive(Default)]
pub(super) struct LockLeakOnPanic;

pub(super) struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Lock {
        Lock(Semaphore::new(1))
    }
}

impl Lock {
    async fn acquire(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("the semaphore is never closed")
    }

    fn release(&self) {
        self.0.add_permits(1);
    }
}

impl Bug for LockLeakOnPanic {
    const NAME: &'static str = "lock-leak-on-panic";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let permit = entry.acquire().await;
        permit.forget();
        let outcome = base.step(&entry, command).await;
        entry.release();
        outcome
    }
}
