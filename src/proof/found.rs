//! What holding a property against a strategy finds: nothing, or what was wrong, in words.
//!
//! Properties return what they find and do not panic, because half of the suite's trials hold them
//! against strategies that are to be caught, and a caught one is no noise.

use crate::domain::{Fault, Outcome, Receipt, Rejection};

/// Nothing, or what was wrong.
pub type Found<T = ()> = Result<T, String>;

/// Returns from a property with what it found, unless `$kept`.
macro_rules! ensure {
    ($kept:expr, $($found:tt)+) => {
        if !$kept {
            return Err(format!($($found)+));
        }
    };
}

/// Returns from a property unless both sides are the same.
macro_rules! ensure_eq {
    ($is:expr, $should_be:expr, $what:literal $($args:tt)*) => {
        match (&$is, &$should_be) {
            (is, should_be) => ensure!(
                *is == *should_be,
                "{}: is {:?}, should be {:?}", format_args!($what $($args)*), is, should_be
            ),
        }
    };
}

/// The receipt of a command that had to be accepted.
pub(crate) fn accepted(outcome: Outcome) -> Found<Receipt> {
    outcome.map_err(|failure| format!("a command that had to be accepted was not: {failure:?}"))
}

/// The rejection of a command that had to be turned down.
pub(crate) fn rejected(outcome: Outcome) -> Found<Rejection> {
    match outcome {
        Err(crate::domain::Failure::Rejected(rejection)) => Ok(rejection),
        other => Err(format!("a command that had to be turned down was not: {other:?}")),
    }
}

/// What was read, where nothing was in the way.
pub(crate) fn read<T>(answer: Result<T, Fault>) -> Found<T> {
    answer.map_err(|fault| format!("a read failed: {fault}"))
}
