//! A rejection fails every command that waits behind the rejected one.
//!
//! Commands that arrive later are not affected, so sequential commands show no mistake.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::ALL_GUARANTEES;

/// A queue in which a rejection fails all waiters.
pub(super) struct ErrorFailsWholeBatch<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    rejections: AtomicU64,
}

impl<S: Store<PerUserState = Queue>> ConcurrencyStrategy for ErrorFailsWholeBatch<S> {
    type Store = S;

    const NAME: &'static str = "error-fails-whole-batch";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> ErrorFailsWholeBatch<S> {
        ErrorFailsWholeBatch { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let rejections = entry.rejections.load(Ordering::SeqCst);
        let _guard = entry.lock.lock().await;
        if entry.rejections.load(Ordering::SeqCst) != rejections {
            return Err(Failure::Indeterminate(Fault::Abandoned));
        }
        let outcome = step(&self.store, &entry, &self.policy, command).await;
        if outcome.is_err() {
            entry.rejections.fetch_add(1, Ordering::SeqCst);
        }
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
