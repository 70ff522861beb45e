//! A read of a user without commands returns a fault, not an empty account.
//!
//! Users who have charged once are served correctly.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A lock for each user, and a fault for unknown users.
pub(super) struct UnknownUserIsError<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy
    for UnknownUserIsError<S>
{
    type Store = S;

    const NAME: &'static str = "unknown-user-is-error";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> UnknownUserIsError<S> {
        UnknownUserIsError { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.store.entry(user);
        let _guard = entry.lock().await;
        match self.store.load(&entry).await? {
            Account { version: 0, .. } => Err(Fault::Store { reason: "no such user" }),
            account => Ok(account),
        }
    }
}
