//! [Optimistic concurrency control](https://doi.org/10.1145/319566.319567) (Kung and Robinson
//! 1981): commit by compare-and-set if the account is unchanged since the load, else load and
//! decide again.
//!
//! No command holds anything that another command waits for: the strategy is lock-free. The
//! compared word carries a version beside the balance, so a balance that changed and changed back
//! is detected (the ABA problem). The winner of a version owns that place in the ledger, so the
//! ledger needs no lock.
//!
//! It wins in throughput on every row that was measured. In memory, a failed attempt backs off and
//! leaves the cache line to the winner. On a slow store, the loads of several commands overlap.
//!
//! It loses in tail latency on a slow store: each retry pays for another load, and p99 is about
//! three times that of a queue.
//!
//! It guarantees:
//! - Order: none. Starvation is possible: the algorithm is lock-free and not
//!   [wait-free](https://en.wikipedia.org/wiki/Non-blocking_algorithm). Some command always
//!   succeeds, and one caller can fail many times in a row.
//! - Scope: it holds nothing in this process, so every process that shares the store may use it.
//! - Cancellation: a command takes effect at one moment or not at all.
//! - Panic: a command holds nothing, so nothing has to be released.
//! - Memory: none beyond the account.

#[cfg(all(test, hotrow_loom))]
mod models;

use crossbeam_utils::CachePadded;

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope, step::poll_ready};
use crate::{
    domain::{Command, Outcome},
    store::ConditionalStore,
    sync::{
        atomic::{AtomicU64, Ordering},
        hint, task, thread,
    },
};

/// Spin-loop hints after the first failure, about 10 ns each. A caller that retries at once takes
/// the cache line from the winner, and each such attempt costs both of them as much as ten
/// commands. A long pause makes two threads on one row several times as fast as a short one.
const BACKOFF_PAUSES_MIN: u32 = 128;

/// Doublings of that pause, up to about 10 us. After more failures the caller yields its thread.
const BACKOFF_DOUBLINGS_MAX: u32 = 3;

/// Optimistic concurrency control by compare-and-set.
pub struct Cas<S> {
    base: Base<S>,
    /// The number of failed commits. It has cache lines of its own, since every command reads the
    /// fields beside it.
    failed: CachePadded<AtomicU64>,
}

impl<S: ConditionalStore<PerUserState = ()>> ConcurrencyStrategy for Cas<S> {
    type Store = S;

    const NAME: &'static str = "cas";
    const FAMILY: Family = Family::Atomic;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: false,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Store,
    };

    fn over(base: Base<S>) -> Cas<S> {
        Cas { base, failed: CachePadded::default() }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        match S::IS_ASYNC {
            true => None,
            false => Some(self.retry_until_committed(command)),
        }
    }

    async fn execute(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        loop {
            let before = store.load(&entry).await?;
            let receipt = command.decide(before, policy)?;
            if let Some(written) = store.commit_if_unchanged(&entry, &receipt).await? {
                return Ok(written);
            }
            self.count_failure();
            task::yield_now().await;
        }
    }

    fn retries(&self) -> Option<u64> {
        Some(self.failed.load(Ordering::Relaxed))
    }
}

impl<S: ConditionalStore<PerUserState = ()>> Cas<S> {
    /// Counts one failed commit. The back-off that follows takes a hundred times as long.
    #[cold]
    fn count_failure(&self) {
        // Relaxed: a statistic orders nothing.
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    #[inline(always)]
    fn retry_until_committed(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        let mut failures = 0;
        loop {
            let before = poll_ready(store.load(&entry))?;
            let receipt = command.decide(before, policy)?;
            if let Some(written) = poll_ready(store.commit_if_unchanged(&entry, &receipt))? {
                return Ok(written);
            }
            failures += 1;
            self.count_failure();
            back_off(failures);
        }
    }
}

/// Backs off exponentially after a failed commit, up to a bound.
#[cold]
fn back_off(failures: u32) {
    let doublings = failures - 1;
    match doublings {
        0..=BACKOFF_DOUBLINGS_MAX => {
            hint::pause(BACKOFF_PAUSES_MIN << doublings);
        }
        _ => thread::yield_now(),
    }
}
