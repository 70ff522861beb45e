//! A lock that notifies a waiter once, and never again.
//!
//! A flag marks that a waiter was notified, and no code clears it. The third of three contending
//! commands is never woken.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        asynchronous::Notify,
        atomic::{AtomicBool, Ordering},
    },
};

use super::ALL_GUARANTEES;

/// A lock that notifies once.
pub(super) struct LostWakeup<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    locked: AtomicBool,
    released: Notify,
    woken: AtomicBool,
}

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for LostWakeup<S> {
    type Store = S;

    const NAME: &'static str = "lost-wakeup";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LostWakeup<S> {
        LostWakeup { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        while entry.locked.swap(true, Ordering::SeqCst) {
            entry.released.notified().await;
        }
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.locked.store(false, Ordering::SeqCst);
        if !entry.woken.swap(true, Ordering::SeqCst) {
            entry.released.notify_one();
        }
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
