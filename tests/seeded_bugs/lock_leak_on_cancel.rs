//! A lock that is released after a result and after a panic, but not after a cancellation.
//!
//! If a caller drops its command in the critical section, the user is never served again.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{asynchronous::Semaphore, task},
};

use super::ALL_GUARANTEES;

/// A lock that leaks with its holder.
pub(super) struct LockLeakOnCancel<S> {
    store: S,
    policy: Policy,
}

pub(super) struct Lock(Semaphore);

impl Default for Lock {
    fn default() -> Lock {
        Lock(Semaphore::new(1))
    }
}

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for LockLeakOnCancel<S> {
    type Store = S;

    const NAME: &'static str = "lock-leak-on-cancel";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LockLeakOnCancel<S> {
        LockLeakOnCancel { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        entry.0.acquire().await.expect("the semaphore is never closed").forget();
        let work = async {
            let outcome = step(&self.store, &entry, &self.policy, command).await;
            // A future may be dropped at every await, here as well as in a slow store.
            task::yield_now().await;
            outcome
        };
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        entry.0.add_permits(1);
        outcome.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
