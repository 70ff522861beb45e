//! A turn that is given back by the line after the step, and by nothing else.
//!
//! The mistake of whoever unlocks by hand. A step that panics, or that is dropped in its middle, never
//! comes to that line, and the user is never served again.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous::{Semaphore, SemaphorePermit},
};

use super::ALL_PROMISES;

/// A turn that is given back by hand.
pub(super) struct TurnLostInPanic<S> {
    store: S,
    policy: Policy,
}

pub(super) struct Turn(Semaphore);

impl Default for Turn {
    fn default() -> Turn {
        Turn(Semaphore::new(1))
    }
}

impl Turn {
    async fn acquire(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("nobody closes the semaphore")
    }

    fn release(&self) {
        self.0.add_permits(1);
    }
}

impl<S: Store<Slot = Turn>> ConcurrencyStrategy for TurnLostInPanic<S> {
    type Store = S;

    const NAME: &'static str = "turn-lost-in-panic";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TurnLostInPanic<S> {
        TurnLostInPanic { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let turn = row.acquire().await;
        turn.forget();
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.release();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
