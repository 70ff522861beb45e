//! A lock that a panic poisons, and nobody ever clears.
//!
//! The mistake of whoever takes a poisoned lock for a broken account. The commit comes last, so the
//! account is whole; but after one panic nobody is served again.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        asynchronous,
        atomic::{AtomicBool, Ordering},
        thread,
    },
};

use super::ALL_PROMISES;

/// A lock that stays poisoned.
pub(super) struct PoisonedByPanic<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lock {
    lock: asynchronous::Mutex<()>,
    poisoned: AtomicBool,
}

struct PoisonOnPanic<'a>(&'a AtomicBool);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

impl<S: Store<Slot = Lock>> ConcurrencyStrategy for PoisonedByPanic<S> {
    type Store = S;

    const NAME: &'static str = "poisoned-by-panic";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> PoisonedByPanic<S> {
        PoisonedByPanic { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock.lock().await;
        if row.poisoned.load(Ordering::SeqCst) {
            return Err(Failure::Unknown(Fault::Panicked));
        }
        let _poison = PoisonOnPanic(&row.poisoned);
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
