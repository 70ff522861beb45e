//! A lock that serves the newest waiter first.
//!
//! Every command is served, but an old waiter starves while newcomers arrive.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_GUARANTEES;

/// A stack of waiters.
pub(super) struct LifoQueue<S> {
    store: S,
    policy: Policy,
}

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

impl<S: Store<PerUserState = Mutex<WaitQueue>>> ConcurrencyStrategy for LifoQueue<S> {
    type Store = S;

    const NAME: &'static str = "lifo-queue";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LifoQueue<S> {
        LifoQueue { store, policy }
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
