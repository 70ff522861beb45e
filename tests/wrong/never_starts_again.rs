//! A line that, once it has been drained, is never opened again.
//!
//! The mistake of whoever starts the worker with the first command and forgets that it ended. As long as
//! nobody ever has to wait, nobody notices.

use std::collections::VecDeque;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_PROMISES;

/// A line that is drained once.
pub(super) struct NeverStartsAgain<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    held: bool,
    /// Whether anybody ever had to wait.
    drained: bool,
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

    fn leave(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            self.drained = true;
            if next.send(()).is_ok() {
                return;
            }
        }
        self.held = self.drained;
    }
}

impl<S: Store<Slot = Mutex<Line>>> ConcurrencyStrategy for NeverStartsAgain<S> {
    type Store = S;

    const NAME: &'static str = "never-starts-again";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> NeverStartsAgain<S> {
        NeverStartsAgain { store, policy }
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
