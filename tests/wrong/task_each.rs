//! An actor that starts a task for each message that it receives.
//!
//! The mistake of whoever wants an actor that never keeps anybody waiting. One mailbox takes the messages in
//! order, and then they are all worked on at once.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Arc, task},
};

use super::ALL_PROMISES;

/// A task for each message.
pub(super) struct TaskEach<S> {
    store: Arc<S>,
    policy: Policy,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for TaskEach<S> {
    type Store = S;

    const NAME: &'static str = "task-each";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TaskEach<S> {
        TaskEach { store: Arc::new(store), policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let store = Arc::clone(&self.store);
        let policy = self.policy;
        let worked_on =
            task::spawn(
                async move { step(&*store, &store.row(command.user), &policy, command).await },
            );
        worked_on.await.unwrap_or(Err(Failure::Unknown(Fault::Panicked)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
