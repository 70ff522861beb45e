//! One lock for all users.
//!
//! The mistake of whoever guards the service and not the account. Nothing is ever lost; every user waits
//! for every other.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// One lock for all users.
pub(super) struct OneLockForAll<S> {
    store: S,
    policy: Policy,
    turn: asynchronous::Mutex<()>,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for OneLockForAll<S> {
    type Store = S;

    const NAME: &'static str = "one-lock-for-all";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> OneLockForAll<S> {
        OneLockForAll { store, policy, turn: asynchronous::Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = self.turn.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
