//! The result of a property: `Ok`, or a description of the violation.
//!
//! Properties return their result and do not panic: half of the suite's trials run them against
//! seeded bugs, where a failure is expected.

use hotrow::domain::{Failure, Fault, Outcome, Receipt, Rejection};

/// `Ok`, or a description of the violation.
pub type CheckResult<T = ()> = Result<T, String>;

/// Returns a violation from a property, unless `$holds`.
macro_rules! ensure {
    ($holds:expr, $($violation:tt)+) => {
        if !$holds {
            return Err(format!($($violation)+));
        }
    };
}

/// Returns a violation from a property, unless both sides are equal.
macro_rules! ensure_eq {
    ($actual:expr, $expected:expr, $what:literal $($args:tt)*) => {
        match (&$actual, &$expected) {
            (actual, expected) => ensure!(
                *actual == *expected,
                "{}: is {:?}, expected {:?}", format_args!($what $($args)*), actual, expected
            ),
        }
    };
}

/// Returns the receipt of a command that must be accepted.
pub(crate) fn accepted(outcome: Outcome) -> CheckResult<Receipt> {
    match outcome {
        Ok(entry) => Ok(entry.receipt),
        Err(failure) => Err(format!("a command that must be accepted was not: {failure:?}")),
    }
}

/// Returns the rejection of a command that must be rejected.
pub(crate) fn rejected(outcome: Outcome) -> CheckResult<Rejection> {
    match outcome {
        Err(Failure::Rejected(rejection)) => Ok(rejection),
        other => Err(format!("a command that must be rejected was not: {other:?}")),
    }
}

/// Returns the answer to a read, in which a fault is a violation.
pub(crate) fn read<T>(answer: Result<T, Fault>) -> CheckResult<T> {
    answer.map_err(|fault| format!("a read failed: {fault}"))
}
