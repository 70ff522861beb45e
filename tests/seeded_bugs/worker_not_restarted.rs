//! A queue that works until the first waiters have been served, and never again.
//!
//! If no command ever waits, the mistake does not show.

use std::collections::VecDeque;

use hotrow::{
    domain::{Command, Outcome},
    sync::{Mutex, asynchronous::oneshot},
};

use super::bug::{Bug, Shared, StoreOf};

/// A queue that is drained once.
#[derive(Default)]
pub(super) struct WorkerNotRestarted;

#[derive(Default)]
pub(super) struct WaitQueue {
    locked: bool,
    /// Whether a command ever had to wait.
    drained: bool,
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

    fn release(&mut self) {
        while let Some(next) = self.waiters.pop_front() {
            self.drained = true;
            if next.send(()).is_ok() {
                return;
            }
        }
        self.locked = self.drained;
    }
}

impl Bug for WorkerNotRestarted {
    const NAME: &'static str = "worker-not-restarted";
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
