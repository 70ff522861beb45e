//! Reads use a cached copy of the account, which is refreshed only after several reads.
//!
//! A caller whose charge was acknowledged can read the balance without it.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{Mutex, asynchronous},
};

use super::bug::{Bug, Shared, StoreOf};

/// Reads that one copy serves.
const READS_MAX: u32 = 4;

/// A cache that commands do not invalidate.
#[derive(Default)]
pub(super) struct StaleReadCache;

#[derive(Default)]
pub(super) struct Cached {
    lock: asynchronous::Mutex<()>,
    copy: Mutex<(Account, u32)>,
}

impl Bug for StaleReadCache {
    const NAME: &'static str = "stale-read-cache";
    type State = Cached;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        base.step(&entry, command).await
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        let entry = base.store.entry(user);
        if entry.copy.lock().1 == 0 {
            *entry.copy.lock() = (base.store.load(&entry).await?, READS_MAX);
        }
        let mut copy = entry.copy.lock();
        copy.1 = copy.1.saturating_sub(1);
        Ok(copy.0)
    }
}
