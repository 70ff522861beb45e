//! A turn that is handed to a caller who has gone.
//!
//! The mistake of whoever hands over to the first in line and asks nobody whether the hand-over arrived.
//! A caller that is dropped between being called and noticing it takes the turn along, and everybody
//! behind waits for ever.

use std::collections::VecDeque;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_PROMISES;

/// A turn that a dropped waiter takes along.
pub(super) struct TurnLostWithWaiter<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    held: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl Line {
    fn enter(&mut self) -> Option<oneshot::Receiver<()>> {
        if !self.held {
            self.held = true;
            return None;
        }
        let (call, called) = oneshot::channel();
        self.waiting.push_back(call);
        Some(called)
    }

    /// Skips those who are known to have gone. Who goes after being called is not known.
    fn leave(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        self.held = false;
    }
}

impl<S: Store<Slot = Mutex<Line>>> ConcurrencyStrategy for TurnLostWithWaiter<S> {
    type Store = S;

    const NAME: &'static str = "turn-lost-with-waiter";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TurnLostWithWaiter<S> {
        TurnLostWithWaiter { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let called = row.lock().enter();
        if let Some(called) = called {
            let _ = called.await;
        }
        let outcome = step(&self.store, &row, &self.policy, command).await;
        row.lock().leave();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
