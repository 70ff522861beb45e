//! A line in which each command waits for the one before, and fails if that one did.
//!
//! The mistake of whoever chains commands by their results: after one rejection every command that ever
//! follows is turned away with it, and the account is lost until the process ends.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A chain that one rejection breaks for ever.
pub(super) struct PoisonedChain<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<bool>>> ConcurrencyStrategy for PoisonedChain<S> {
    type Store = S;

    const NAME: &'static str = "poisoned-chain";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> PoisonedChain<S> {
        PoisonedChain { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let mut broken = row.lock().await;
        if *broken {
            return Err(Failure::Unknown(Fault::Abandoned));
        }
        let outcome = step(&self.store, &row, &self.policy, command).await;
        *broken = outcome.is_err();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
