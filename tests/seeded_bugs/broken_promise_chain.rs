//! Each command waits for the one before it, and fails if that one failed.
//!
//! After one rejection every later command of the user fails.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A chain that one rejection breaks.
pub(super) struct BrokenPromiseChain<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<bool>>> ConcurrencyStrategy
    for BrokenPromiseChain<S>
{
    type Store = S;

    const NAME: &'static str = "broken-promise-chain";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> BrokenPromiseChain<S> {
        BrokenPromiseChain { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let mut broken = entry.lock().await;
        if *broken {
            return Err(Failure::Indeterminate(Fault::Abandoned));
        }
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        *broken = outcome.is_err();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
