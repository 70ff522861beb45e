//! A lock that is handed over to a waiter, without a check that the waiter still exists.
//!
//! A waiter that is dropped between the handoff and its next poll keeps the lock, and all waiters
//! behind it block.

use std::collections::VecDeque;

use hotrow::{
    domain::{Command, Outcome},
    sync::{Mutex, asynchronous::oneshot},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that a cancelled waiter keeps.
#[derive(Default)]
pub(super) struct LostHandoffToCancelledWaiter;

#[derive(Default)]
pub(super) struct WaitQueue {
    locked: bool,
    waiters: VecDeque<oneshot::Sender<()>>,
}

impl WaitQueue {
    fn acquire(&mut self) -> Option<oneshot::Receiver<()>> {
        if !self.locked {
            self.locked = true;
            return None;
        }
        let (grant, granted) = oneshot::channel();
        self.waiters.push_back(grant);
        Some(granted)
    }

    /// Skips waiters that were already dropped. A waiter that is dropped after the handoff goes
    /// unnoticed.
    fn release(&mut self) {
        while let Some(next) = self.waiters.pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        self.locked = false;
    }
}

impl Bug for LostHandoffToCancelledWaiter {
    const NAME: &'static str = "lost-handoff-to-cancelled-waiter";
    type State = Mutex<WaitQueue>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let granted = entry.lock().acquire();
        if let Some(granted) = granted {
            let _ = granted.await;
        }
        let outcome = base.step(&entry, command).await;
        entry.lock().release();
        outcome
    }
}
