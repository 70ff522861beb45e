//! A line that is full, drops the command and says that it was done.
//!
//! The mistake of whoever sends without looking whether there was room. As long as the line is short
//! nothing is wrong.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        asynchronous,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::ALL_PROMISES;

/// Commands that may wait. More than most tests ever send at once.
const LINE_MAX: usize = 1_024;

/// A full line that says ok.
pub(super) struct FullSaysOk<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    lock: asynchronous::Mutex<()>,
    waiting: AtomicUsize,
}

impl<S: Store<Slot = Line>> ConcurrencyStrategy for FullSaysOk<S> {
    type Store = S;

    const NAME: &'static str = "full-says-ok";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> FullSaysOk<S> {
        FullSaysOk { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        if LINE_MAX <= row.waiting.fetch_add(1, Ordering::SeqCst) {
            row.waiting.fetch_sub(1, Ordering::SeqCst);
            return Ok(command.decide(self.store.load(&row).await?, &self.policy)?);
        }
        let _turn = row.lock.lock().await;
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.waiting.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
