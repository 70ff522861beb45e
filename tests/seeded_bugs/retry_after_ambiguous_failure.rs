//! A step that is retried after a fault of the store.
//!
//! The store may have committed before the fault, and then the command is applied twice.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A retry after a fault.
pub(super) struct RetryAfterAmbiguousFailure<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy
    for RetryAfterAmbiguousFailure<S>
{
    type Store = S;

    const NAME: &'static str = "retry-after-ambiguous-failure";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> RetryAfterAmbiguousFailure<S> {
        RetryAfterAmbiguousFailure { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        match step(&self.store, &entry, &self.policy, command).await {
            Err(Failure::Indeterminate(_)) => {
                step(&self.store, &entry, &self.policy, command).await
            }
            outcome => outcome,
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
