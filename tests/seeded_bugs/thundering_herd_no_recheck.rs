//! A lock that wakes all waiters, which do not test again whether it is free.
//!
//! An `if` in place of a `while`: with three commands, both waiters enter together.

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

/// A lock whose waiters do not recheck.
pub(super) struct ThunderingHerdNoRecheck<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    locked: AtomicBool,
    released: Notify,
}

impl<S: Store<PerUserState = Lock>> ConcurrencyStrategy for ThunderingHerdNoRecheck<S> {
    type Store = S;

    const NAME: &'static str = "thundering-herd-no-recheck";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> ThunderingHerdNoRecheck<S> {
        ThunderingHerdNoRecheck { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        if entry.locked.swap(true, Ordering::SeqCst) {
            entry.released.notified().await;
            entry.locked.store(true, Ordering::SeqCst);
        }
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.locked.store(false, Ordering::SeqCst);
        entry.released.notify_waiters();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
