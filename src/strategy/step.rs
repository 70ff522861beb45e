//! The step itself: load, decide, commit. Whoever calls it has made sure that nobody else does so
//! for the same user at the same time; how is the whole difference between two strategies.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

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

/// As [`step`], on a store that does not suspend, and with no state kept in case it did: a command
/// that need not wait then costs what a plain call costs.
///
/// # Errors
/// [`Failure`] if a rule was in the way or the store failed.
#[inline(always)]
pub fn step_at_once<S: Store>(
    store: &S,
    row: &S::Row<'_>,
    policy: &Policy,
    command: Command,
) -> Outcome {
    let before = at_once(store.load(row))?;
    let receipt = command.decide(before, policy)?;
    at_once(store.commit(row, &receipt))?;
    Ok(receipt)
}

/// As [`step`], on a store whose calls end at once: the thread may hold a blocking lock meanwhile.
///
/// # Errors
/// [`Failure`] if a rule was in the way.
#[inline(always)]
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

/// The result of a call to a store that does not suspend.
#[inline]
pub(super) fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("a store that does not suspend answers at the first poll"),
    }
}

/// Runs somebody else's `work`: a panic in it is that caller's and not ours.
pub(super) async fn caught<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // Unwind safe: a commit is the last thing a step does, and the store keeps itself whole.
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or(Err(Failure::Unknown(Fault::Panicked)))
}

/// As [`caught`], for work that does not suspend.
pub(super) fn caught_at_once<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let ran = catch_unwind(AssertUnwindSafe(work));
    ran.unwrap_or(Err(Failure::Unknown(Fault::Panicked)))
}
