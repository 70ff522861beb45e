//! A lock that serves the newest waiter first.
//!
//! Every command is served, but an old waiter starves while newcomers arrive.

use hotrow::{
    domain::{Command, Outcome},
    sync::{Mutex, asynchronous::oneshot},
};

use super::bug::{Bug, Shared, StoreOf};

/// A stack of waiters.
#[derive(Default)]
pub(super) struct LifoQueue;

#[derive(Default)]
pub(super) struct WaitQueue {
    locked: bool,
    waiters: Vec<oneshot::Sender<()>>,
}

impl WaitQueue {
    fn acquire(&mut self) -> Option<oneshot::Receiver<()>> {
        if !self.locked {
            self.locked = true;
            return None;
        }
        let (grant, granted) = oneshot::channel();
        self.waiters.push(grant);
        Some(granted)
    }

    fn release(&mut self) {
        while let Some(last) = self.waiters.pop() {
            if last.send(()).is_ok() {
                return;
            }
        }
        self.locked = false;
    }
}

impl Bug for LifoQueue {
    const NAME: &'static str = "lifo-queue";
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
