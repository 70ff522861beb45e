//! An actor that spawns a task for each message.
//!
//! The mailbox receives the messages in order, but the tasks execute them concurrently.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Arc, task},
};

use super::ALL_GUARANTEES;

/// A task for each message.
pub(super) struct TaskPerMessage<S> {
    store: Arc<S>,
    policy: Policy,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for TaskPerMessage<S> {
    type Store = S;

    const NAME: &'static str = "task-per-message";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> TaskPerMessage<S> {
        TaskPerMessage { store: Arc::new(store), policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let store = Arc::clone(&self.store);
        let policy = self.policy;
        let worker = task::spawn(async move {
            step(&*store, &store.entry(command.user), &policy, command).await
        });
        worker.await.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
