//! A panic poisons the lock, and no code clears the poison.
//!
//! The commit comes last, so the account is consistent, but no later command of the user is served.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        asynchronous,
        atomic::{AtomicBool, Ordering},
        thread,
    },
};

use super::ALL_GUARANTEES;

/// A lock that stays poisoned.
pub(super) struct PoisonedLock<S> {
    store: S,
    policy: Policy,
}

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

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for PoisonedLock<S> {
    type Store = S;

    const NAME: &'static str = "poisoned-lock";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> PoisonedLock<S> {
        PoisonedLock { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        if entry.poisoned.load(Ordering::SeqCst) {
            return Err(Failure::Indeterminate(Fault::Panicked));
        }
        let _poison = PoisonOnPanic(&entry.poisoned);
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
