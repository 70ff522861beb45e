//! Settling what became of a command.

use super::back_off::{BackOff, RETRIES_MAX};
use crate::{
    domain::{Command, Failure, Outcome, StoreError, StoreErrorKind},
    store::{Resolution, ResolvingStore},
    sync::atomic::AtomicU64,
};

/// Replaces an indeterminate `outcome` of `command` by the final one, if the store can say: the
/// ledger entry if the command is applied, else [`Failure::NotApplied`]. Any other outcome stays.
///
/// The command is not sent again. Once it is settled as not applied its id is used up, so a caller
/// that tries again takes a new one.
///
/// # Errors
/// The `outcome` itself if the store does not answer in a bounded number of attempts.
pub async fn settle<S: ResolvingStore>(store: &S, command: Command, outcome: Outcome) -> Outcome {
    const NEVER: StoreError = StoreError::constant(
        StoreErrorKind::Disconnected,
        "the answer was lost, and the command has not been applied",
    );
    let Err(Failure::Indeterminate(_)) = &outcome else { return outcome };
    let (mut attempts, uncounted) = (BackOff::default(), AtomicU64::new(0));
    for _ in 0..=RETRIES_MAX {
        match store.resolve(command.user, command.id).await {
            Ok(Resolution::Applied(entry)) => return Ok(entry),
            Ok(Resolution::Never) => return Err(Failure::NotApplied(NEVER)),
            Err(_) if attempts.retries_after_conflict(&uncounted).await => {}
            Err(_) => break,
        }
    }
    outcome
}
