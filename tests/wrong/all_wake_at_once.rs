//! A lock that wakes everybody who waits, and none of them looks again whether it is free.
//!
//! The mistake of an `if` where a `while` belongs. Two callers are kept apart; of three, the two who waited
//! go in together.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        asynchronous::Notify,
        atomic::{AtomicBool, Ordering},
    },
};

use super::ALL_PROMISES;

/// A lock whose waiters go in together.
pub(super) struct AllWakeAtOnce<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    held: AtomicBool,
    freed: Notify,
}

impl<S: Store<Slot = Lock>> ConcurrencyStrategy for AllWakeAtOnce<S> {
    type Store = S;

    const NAME: &'static str = "all-wake-at-once";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> AllWakeAtOnce<S> {
        AllWakeAtOnce { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        if row.held.swap(true, Ordering::SeqCst) {
            row.freed.notified().await;
            row.held.store(true, Ordering::SeqCst);
        }
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.held.store(false, Ordering::SeqCst);
        row.freed.notify_waiters();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
