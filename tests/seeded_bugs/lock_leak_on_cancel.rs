//! A lock that is released after a result and after a panic, but not after a cancellation.
//!
//! If a caller drops its command in the critical section, the user is never served again.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::{asynchronous::Semaphore, task},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that leaks with its holder.
#[derive(Default)]
pub(super) struct LockLeakOnCancel;

pub(super) struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Lock {
        Lock(Semaphore::new(1))
    }
}

impl Bug for LockLeakOnCancel {
    const NAME: &'static str = "lock-leak-on-cancel";
    type State = Lock;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        entry.0.acquire().await.expect("the semaphore is never closed").forget();
        let work = async {
            let outcome = base.step(&entry, command).await;
            // A future may be dropped at every await, here as well as in a slow store.
            task::yield_now().await;
            outcome
        };
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        entry.0.add_permits(1);
        outcome.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
    }
}
