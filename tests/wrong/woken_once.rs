//! A lock that wakes one of those who wait, once and for all.
//!
//! The mistake of whoever marks that somebody has been woken, so that nobody is woken twice, and never takes
//! the mark away. Two callers are served; a third who had to wait is never woken.

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

/// A lock that wakes once.
pub(super) struct WokenOnce<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    held: AtomicBool,
    freed: Notify,
    woken: AtomicBool,
}

impl<S: Store<Slot = Lock>> ConcurrencyStrategy for WokenOnce<S> {
    type Store = S;

    const NAME: &'static str = "woken-once";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> WokenOnce<S> {
        WokenOnce { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        while row.held.swap(true, Ordering::SeqCst) {
            row.freed.notified().await;
        }
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.held.store(false, Ordering::SeqCst);
        if !row.woken.swap(true, Ordering::SeqCst) {
            row.freed.notify_one();
        }
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
