//! A command changes the balance first, and rolls the change back if a rule rejects it.
//!
//! Every outcome and every final balance is right, but a reader sees a balance that never existed.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::ALL_GUARANTEES;

/// A change that may be rolled back.
pub(super) struct DirtyReadThenRollback<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Counter {
    lock: asynchronous::Mutex<()>,
    balance: AtomicU64,
}

impl<S: Store<PerUserState = Counter>> ConcurrencyStrategy for DirtyReadThenRollback<S> {
    type Store = S;

    const NAME: &'static str = "dirty-read-then-rollback";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> DirtyReadThenRollback<S> {
        DirtyReadThenRollback { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        let delta = match command.action {
            Action::Charge(amount) => amount.points(),
            Action::Use(amount) => amount.points().wrapping_neg(),
        };
        entry.balance.fetch_add(delta, Ordering::SeqCst);
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        if outcome.is_err() {
            entry.balance.fetch_sub(delta, Ordering::SeqCst);
        }
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.store.entry(user);
        let balance = entry.balance.load(Ordering::SeqCst);
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(Account { balance, ..account }),
            Snapshot::NeedsLock(entry) => Ok(Account { balance, ..self.store.load(&entry).await? }),
        }
    }
}
