//! Waiting between the attempts of one command.
//!
//! Callers that conflict once conflict again if all of them retry after the same time. So each waits
//! a random time, up to a bound that doubles with each attempt ([full
//! jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)).

use std::time::Duration;

use crate::{
    domain::{Failure, Outcome, StoreErrorKind},
    sync::{
        atomic::{AtomicU64, Ordering},
        task, time,
    },
};

/// Attempts after the first. A command that fails so often is not applied.
pub(super) const RETRIES_MAX: u32 = 100;

/// The bound of the first wait.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// Doublings of that bound, up to 32 ms.
const DOUBLINGS_MAX: u32 = 5;

/// The attempts of one command.
#[derive(Default)]
pub(super) struct BackOff {
    failures: u32,
}

impl BackOff {
    /// Waits after an attempt that the store aborted because of a concurrent one, and counts it in
    /// `retries`. Returns false for any other outcome, and once the attempts are used up.
    pub(super) async fn retries(&mut self, outcome: &Outcome, retries: &AtomicU64) -> bool {
        match outcome {
            Err(Failure::NotApplied(error)) if error.kind() == StoreErrorKind::Conflict => {
                self.retries_after_conflict(retries).await
            }
            _ => false,
        }
    }

    /// As [`retries`](BackOff::retries), after a conflict.
    pub(super) async fn retries_after_conflict(&mut self, retries: &AtomicU64) -> bool {
        if self.failures == RETRIES_MAX {
            return false;
        }
        // Relaxed: a statistic orders nothing.
        retries.fetch_add(1, Ordering::Relaxed);
        self.wait().await;
        true
    }

    async fn wait(&mut self) {
        self.failures += 1;
        let Some(doublings) = self.failures.checked_sub(2) else {
            return task::yield_now().await;
        };
        let bound = WAIT_MIN * 2u32.pow(doublings.min(DOUBLINGS_MAX));
        time::sleep(bound.mul_f64(fastrand::f64())).await;
    }
}
