//! A lock that is a flag: look whether it is free, and take it.
//!
//! The mistake of whoever builds a lock of reads and writes. Between the look and the taking somebody else has
//! looked as well, and both go in.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::ALL_PROMISES;

/// A flag for a lock.
pub(super) struct SpinsOnAFlag<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = AtomicBool>> ConcurrencyStrategy for SpinsOnAFlag<S> {
    type Store = S;

    const NAME: &'static str = "spins-on-a-flag";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> SpinsOnAFlag<S> {
        SpinsOnAFlag { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        while row.load(Ordering::SeqCst) {
            task::yield_now().await;
        }
        // Being polite is all it takes for another to look as well.
        task::yield_now().await;
        row.store(true, Ordering::SeqCst);
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.store(false, Ordering::SeqCst);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
