//! The step: load, decide, commit.
//!
//! The caller guarantees exclusive access to the user meanwhile. Strategies differ only in how.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;

use crate::{
    domain::{Command, Failure, Fault, Outcome, Policy},
    store::{Store, SyncStore},
};

/// Executes `command` on `entry`. The load and the commit may suspend.
///
/// # Errors
/// [`Failure`] if the policy rejects the command or the store fails.
#[inline]
pub async fn step<S: Store>(
    store: &S,
    entry: &S::Entry<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let before = store.load(entry).await?;
    let receipt = command.decide(before, policy)?;
    Ok(store.commit(entry, &receipt).await?)
}

/// As [`step`], on a store whose futures are ready at the first poll. It keeps no state across a
/// suspension, so a command costs as much as a plain call.
///
/// # Errors
/// [`Failure`] if the policy rejects the command or the store fails.
#[inline(always)]
pub fn step_ready<S: Store>(
    store: &S,
    entry: &S::Entry<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let before = poll_ready(store.load(entry))?;
    let receipt = command.decide(before, policy)?;
    Ok(poll_ready(store.commit(entry, &receipt))?)
}

/// As [`step`], on a synchronous store, so the thread may hold a blocking lock meanwhile.
///
/// # Errors
/// [`Failure`] if the policy rejects the command.
#[inline(always)]
pub fn step_sync<S: SyncStore>(
    store: &S,
    entry: &S::Entry<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let receipt = command.decide(store.load_sync(entry), policy)?;
    Ok(store.commit_sync(entry, &receipt))
}

/// Returns the result of a future that is ready at the first poll.
#[inline]
pub(super) fn poll_ready<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never()
        .expect("the futures of a store that is not asynchronous are ready at the first poll")
}

/// Runs the `work` of another caller. A panic in it becomes an indeterminate outcome of that
/// caller.
pub(super) async fn catch_panic<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // Unwind safe: the commit is the last part of a step, and the store keeps its own invariants.
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
}

/// As [`catch_panic`], for work that does not suspend.
pub(super) fn catch_panic_sync<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let ran = catch_unwind(AssertUnwindSafe(work));
    ran.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked)))
}
