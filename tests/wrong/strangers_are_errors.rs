//! An error for whoever asks for a user that has done nothing yet.
//!
//! The mistake of whoever looks up a row and takes its absence for a failure. A user who has once
//! charged is served well; a new one is told that something is broken.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A lock for each user, and an error for strangers.
pub(super) struct StrangersAreErrors<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for StrangersAreErrors<S> {
    type Store = S;

    const NAME: &'static str = "strangers-are-errors";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> StrangersAreErrors<S> {
        StrangersAreErrors { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(user);
        let _turn = row.lock().await;
        match self.store.load(&row).await? {
            Account { version: 0, .. } => Err(Fault::Store { reason: "no such user" }),
            account => Ok(account),
        }
    }
}
