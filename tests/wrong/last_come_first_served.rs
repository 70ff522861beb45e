//! A line that is served from its end.
//!
//! The mistake of whoever keeps those who wait in a vector and takes the last. Every command is served
//! and every balance is right; whoever came first may wait for ever.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_PROMISES;

/// A stack for a line.
pub(super) struct LastComeFirstServed<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    held: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Line {
    fn enter(&mut self) -> Option<oneshot::Receiver<()>> {
        if !self.held {
            self.held = true;
            return None;
        }
        let (call, called) = oneshot::channel();
        self.waiting.push(call);
        Some(called)
    }

    fn leave(&mut self) {
        while let Some(last) = self.waiting.pop() {
            if last.send(()).is_ok() {
                return;
            }
        }
        self.held = false;
    }
}

impl<S: Store<Slot = Mutex<Line>>> ConcurrencyStrategy for LastComeFirstServed<S> {
    type Store = S;

    const NAME: &'static str = "last-come-first-served";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LastComeFirstServed<S> {
        LastComeFirstServed { store, policy }
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
