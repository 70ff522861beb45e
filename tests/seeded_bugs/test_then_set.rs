//! A lock that is a flag, which a command first tests and then sets.
//!
//! Two commands can both find it free before either sets it.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::ALL_GUARANTEES;

/// A flag as a lock.
pub(super) struct TestThenSet<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = AtomicBool>> ConcurrencyStrategy for TestThenSet<S> {
    type Store = S;

    const NAME: &'static str = "test-then-set";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> TestThenSet<S> {
        TestThenSet { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        while entry.load(Ordering::SeqCst) {
            task::yield_now().await;
        }
        // During this yield another command can find the flag clear as well.
        task::yield_now().await;
        entry.store(true, Ordering::SeqCst);
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.store(false, Ordering::SeqCst);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
