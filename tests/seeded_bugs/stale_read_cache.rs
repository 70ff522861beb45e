//! Reads use a cached copy of the account, which is refreshed only after several reads.
//!
//! A caller whose charge was acknowledged can read the balance without it.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{Mutex, asynchronous},
};

use super::ALL_GUARANTEES;

/// Reads that one copy serves.
const READS_MAX: u32 = 4;

/// A cache that commands do not invalidate.
pub(super) struct StaleReadCache<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Cached {
    lock: asynchronous::Mutex<()>,
    copy: Mutex<(Account, u32)>,
}

impl<S: Store<PerUserState = Cached>> ConcurrencyStrategy for StaleReadCache<S> {
    type Store = S;

    const NAME: &'static str = "stale-read-cache";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> StaleReadCache<S> {
        StaleReadCache { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.store.entry(user);
        if entry.copy.lock().1 == 0 {
            *entry.copy.lock() = (self.store.load(&entry).await?, READS_MAX);
        }
        let mut copy = entry.copy.lock();
        copy.1 = copy.1.saturating_sub(1);
        Ok(copy.0)
    }
}
