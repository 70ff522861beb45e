//! A full queue drops the command, but the caller receives a receipt.
//!
//! The mistake shows only if the queue is full.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        asynchronous,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::ALL_GUARANTEES;

/// Commands that may wait. This is more than most tests send at once.
const QUEUE_MAX: usize = 1_024;

/// A full queue that acknowledges.
pub(super) struct DropOnFullButAck<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    waiting: AtomicUsize,
}

impl<S: Store<PerUserState = Queue>> ConcurrencyStrategy for DropOnFullButAck<S> {
    type Store = S;

    const NAME: &'static str = "drop-on-full-but-ack";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> DropOnFullButAck<S> {
        DropOnFullButAck { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        if QUEUE_MAX <= entry.waiting.fetch_add(1, Ordering::SeqCst) {
            entry.waiting.fetch_sub(1, Ordering::SeqCst);
            return Ok(command.decide(self.store.load(&entry).await?, &self.policy)?);
        }
        let _guard = entry.lock.lock().await;
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        entry.waiting.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
