//! A lock, taken and held as it should be, and made anew for every command.
//!
//! The mistake of whoever puts the lock where the request is and not where the account is: nobody ever
//! waits for it.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A lock for each command.
pub(super) struct LockOfOnesOwn<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for LockOfOnesOwn<S> {
    type Store = S;

    const NAME: &'static str = "lock-of-ones-own";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LockOfOnesOwn<S> {
        LockOfOnesOwn { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let lock = asynchronous::Mutex::new(());
        let _turn = lock.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
