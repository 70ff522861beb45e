//! A step that is tried again when the store fails.
//!
//! The mistake of whoever takes an error for a no. The store may have done what it was told and failed to
//! say so; then it is done twice.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A step that is tried again.
pub(super) struct TriedAgain<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for TriedAgain<S> {
    type Store = S;

    const NAME: &'static str = "tried-again";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TriedAgain<S> {
        TriedAgain { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        match step(&self.store, &row, &self.policy, command).await {
            Err(Failure::Unknown(_)) => step(&self.store, &row, &self.policy, command).await,
            outcome => outcome,
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
