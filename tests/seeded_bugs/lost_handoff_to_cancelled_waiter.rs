//! A lock that is handed over to a waiter, without a check that the waiter still exists.
//!
//! A waiter that is dropped between the handoff and its next poll keeps the lock, and all waiters
//! behind it block.

use std::collections::VecDeque;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_GUARANTEES;

/// A lock that a cancelled waiter keeps.
pub(super) struct LostHandoffToCancelledWaiter<S> {
    store: S,
    policy: Policy,
}

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

impl<S: Store<PerUserState = Mutex<WaitQueue>>> ConcurrencyStrategy
    for LostHandoffToCancelledWaiter<S>
{
    type Store = S;

    const NAME: &'static str = "lost-handoff-to-cancelled-waiter";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LostHandoffToCancelledWaiter<S> {
        LostHandoffToCancelledWaiter { store, policy }
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
