//! One lock for charges and another one for uses.
//!
//! Charges exclude charges and uses exclude uses, so a test of one kind shows no mistake.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A lock for charges and a lock for uses.
pub(super) struct LockPerOperationKind<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Locks {
    charges: asynchronous::Mutex<()>,
    uses: asynchronous::Mutex<()>,
}

impl<S: Store<PerUserState = Locks>> ConcurrencyStrategy for LockPerOperationKind<S> {
    type Store = S;

    const NAME: &'static str = "lock-per-operation-kind";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LockPerOperationKind<S> {
        LockPerOperationKind { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let lock = match command.action {
            Action::Charge(_) => &entry.charges,
            Action::Use(_) => &entry.uses,
        };
        let _guard = lock.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
