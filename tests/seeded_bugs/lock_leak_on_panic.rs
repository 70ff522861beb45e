//! A lock that is released by a statement after the step, and not by a guard.
//!
//! If the step panics or is dropped, the lock stays held and the user is never served again.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous::{Semaphore, SemaphorePermit},
};

use super::ALL_GUARANTEES;

/// A lock without a guard.
pub(super) struct LockLeakOnPanic<S> {
    store: S,
    policy: Policy,
}

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

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for LockLeakOnPanic<S> {
    type Store = S;

    const NAME: &'static str = "lock-leak-on-panic";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LockLeakOnPanic<S> {
        LockLeakOnPanic { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let permit = entry.acquire().await;
        permit.forget();
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.release();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
