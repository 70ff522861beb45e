//! A queue that works until the first waiters have been served, and never again.
//!
//! If no command ever waits, the mistake does not show.

use std::collections::VecDeque;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_GUARANTEES;

/// A queue that is drained once.
pub(super) struct WorkerNotRestarted<S> {
    store: S,
    policy: Policy,
}

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

impl<S: Store<PerUserState = Mutex<WaitQueue>>> ConcurrencyStrategy for WorkerNotRestarted<S> {
    type Store = S;

    const NAME: &'static str = "worker-not-restarted";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> WorkerNotRestarted<S> {
        WorkerNotRestarted { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let granted = entry.lock().acquire();
        if let Some(granted) = granted {
            let _ = granted.await;
        }
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.lock().release();
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
