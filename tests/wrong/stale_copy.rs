//! A copy of each account that is read from, and refreshed now and then.
//!
//! The mistake of whoever caches what is asked for most. Commands are all right; a caller who was told that
//! a charge is done may be shown the balance without it.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous},
};

use super::ALL_PROMISES;

/// Reads that one copy serves.
const READS_MAX: u32 = 4;

/// A copy that is refreshed now and then.
pub(super) struct StaleCopy<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Cached {
    turn: asynchronous::Mutex<()>,
    copy: Mutex<(Account, u32)>,
}

impl<S: Store<Slot = Cached>> ConcurrencyStrategy for StaleCopy<S> {
    type Store = S;

    const NAME: &'static str = "stale-copy";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> StaleCopy<S> {
        StaleCopy { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.turn.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(user);
        if row.copy.lock().1 == 0 {
            *row.copy.lock() = (self.store.load(&row).await?, READS_MAX);
        }
        let mut copy = row.copy.lock();
        copy.1 = copy.1.saturating_sub(1);
        Ok(copy.0)
    }
}
