//! A turn that is given back after an answer and after a panic, and not when its holder goes away.
//!
//! The mistake of whoever knows that a step may panic, and not that a future may be dropped. The user of a
//! caller who gave up in the middle of a step is never served again.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{asynchronous::Semaphore, task},
};

use super::ALL_PROMISES;

/// A turn that leaves with its holder.
pub(super) struct TurnLostWhenDropped<S> {
    store: S,
    policy: Policy,
}

pub(super) struct Turn(Semaphore);

impl Default for Turn {
    fn default() -> Turn {
        Turn(Semaphore::new(1))
    }
}

impl<S: Store<Slot = Turn>> ConcurrencyStrategy for TurnLostWhenDropped<S> {
    type Store = S;

    const NAME: &'static str = "turn-lost-when-dropped";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TurnLostWhenDropped<S> {
        TurnLostWhenDropped { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        row.0.acquire().await.expect("nobody closes the semaphore").forget();
        let work = async {
            let outcome = step(&self.store, &row, &self.policy, command).await;
            // Wherever a future waits it may be dropped, here and in a slow store.
            task::yield_now().await;
            outcome
        };
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        row.0.add_permits(1);
        outcome.unwrap_or(Err(Failure::Unknown(Fault::Panicked)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
