//! A line in which a rejection is the answer to everybody who stands in it.
//!
//! The mistake of whoever lets those who wait share one future, or drains the line when it fails. Who
//! comes later is served as if nothing had been, so one command after another shows nothing.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::ALL_PROMISES;

/// A line whose rejections reach those behind.
pub(super) struct ContagiousRejection<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    lock: asynchronous::Mutex<()>,
    rejections: AtomicU64,
}

impl<S: Store<Slot = Line>> ConcurrencyStrategy for ContagiousRejection<S> {
    type Store = S;

    const NAME: &'static str = "contagious-rejection";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> ContagiousRejection<S> {
        ContagiousRejection { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let rejections = row.rejections.load(Ordering::SeqCst);
        let _turn = row.lock.lock().await;
        if row.rejections.load(Ordering::SeqCst) != rejections {
            return Err(Failure::Unknown(Fault::Abandoned));
        }
        let outcome = step(&self.store, &row, &self.policy, command).await;
        if outcome.is_err() {
            row.rejections.fetch_add(1, Ordering::SeqCst);
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
