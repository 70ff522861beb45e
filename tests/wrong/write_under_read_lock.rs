//! A reader-writer lock of which commands take the shared half.
//!
//! The mistake of whoever begins with a read, sees that it has to write, and has the lock already.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A write under the shared half of a lock.
pub(super) struct WriteUnderReadLock<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::RwLock<()>>> ConcurrencyStrategy for WriteUnderReadLock<S> {
    type Store = S;

    const NAME: &'static str = "write-under-read-lock";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> WriteUnderReadLock<S> {
        WriteUnderReadLock { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.read().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
