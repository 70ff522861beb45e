//! The step itself: load, decide, commit. Whoever calls it has made sure that nobody else does so
//! for the same user at the same time; how is the whole difference between two strategies.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::{
    domain::{Command, Failure, Fault, Outcome, Policy},
    store::{ImmediateStore, Store},
};

/// Runs `command` on `row` by three calls that may suspend.
///
/// # Errors
/// [`Failure`] if a rule was in the way or the store failed.
#[inline]
pub async fn step<S: Store>(
    store: &S,
    row: &S::Row<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let before = store.load(row).await?;
    let receipt = command.decide(before, policy)?;
    store.commit(row, &receipt).await?;
    Ok(receipt)
}

/// Runs `command` on `row` without ever suspending.
///
/// # Errors
/// [`Failure`] if a rule was in the way.
#[inline]
pub fn step_now<S: ImmediateStore>(
    store: &S,
    row: &S::Row<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let receipt = command.decide(store.load_now(row), policy)?;
    store.commit_now(row, &receipt);
    Ok(receipt)
}

/// Runs somebody else's `work`: a panic in it is that caller's and not ours.
pub(super) async fn caught<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // Unwind safe: a commit is the last thing a step does, and the store keeps itself whole.
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or(Err(Failure::Unknown(Fault::Panicked)))
}
