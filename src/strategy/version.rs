//! A version column: [optimistic concurrency control](https://doi.org/10.1145/319566.319567) (Kung
//! and Robinson 1981) on a store that is far away.
//!
//! The commit writes only if the row still has the version that was loaded, as `UPDATE .. WHERE
//! version = ..` does. No lock is held between load and commit, which are a round trip each. It is
//! [`Cas`](super::Cas) for a database: a failed attempt costs milliseconds there and not
//! nanoseconds. So it waits a random time before it loads again, and gives up after a bounded number
//! of attempts.
//!
//! It wins where commands seldom meet: a command costs two short statements, and no connection
//! is held between them.
//!
//! It loses on a hot row. Of all commands that loaded a version one succeeds, and the others have
//! done their two round trips for nothing.
//!
//! It guarantees:
//! - Order: none. Starvation is possible, up to the bound.
//! - Cancellation: a command takes effect at one moment or not at all.
//! - Panic: a command holds nothing, so nothing has to be released.
//! - Memory: none beyond the account.
//! - Scope: every process that writes to the store only where the version is unchanged.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope, back_off::BackOff};
use crate::{
    domain::{Command, Failure, Outcome, StoreError, StoreErrorKind},
    store::ConditionalStore,
    sync::atomic::{AtomicU64, Ordering},
};

/// Optimistic concurrency control by a version column.
pub struct Version<S> {
    base: Base<S>,
    retries: AtomicU64,
}

impl<S: ConditionalStore<PerUserState = ()>> ConcurrencyStrategy for Version<S> {
    type Store = S;

    const NAME: &'static str = "version";
    const FAMILY: Family = Family::Atomic;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: false,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Store,
    };

    fn over(base: Base<S>) -> Version<S> {
        Version { base, retries: AtomicU64::new(0) }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        const CHANGED: StoreError = StoreError::constant(
            StoreErrorKind::Conflict,
            "the account changed between each load and its commit: try again when fewer write to it",
        );
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        let mut attempts = BackOff::default();
        loop {
            let before = store.load(&entry).await?;
            let receipt = command.decide(before, policy)?;
            if let Some(written) = store.commit_if_unchanged(&entry, &receipt).await? {
                return Ok(written);
            }
            if !attempts.retries_after_conflict(&self.retries).await {
                return Err(Failure::NotApplied(CHANGED));
            }
        }
    }

    fn retries(&self) -> Option<u64> {
        Some(self.retries.load(Ordering::Relaxed))
    }
}
