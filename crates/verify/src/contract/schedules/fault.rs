//! A fault in one step of a schedule: the store holds it, fails it, or panics in it.

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use futures_util::future::BoxFuture;
use shuttle::future::block_on;

use super::play::{FaultAction, FaultKind, HOT};
use hotrow::{
    domain::{StoreError, StoreErrorKind, UserId},
    store::{FailPoint, FaultScript},
    sync::{asynchronous::Semaphore, task},
};

/// Executes a [`FaultAction`] once.
pub(super) struct FaultInjector {
    fault: FaultAction,
    /// Steps that have passed the fail point, and whether the fault has happened. Access to these
    /// is not a step of the schedule.
    passed: AtomicU32,
    done: AtomicBool,
    /// Has a permit when a step is held.
    reached: Semaphore,
    /// Has a permit when the held step may continue.
    opened: Semaphore,
}

impl FaultInjector {
    pub(super) fn new(fault: FaultAction) -> FaultInjector {
        FaultInjector {
            fault,
            passed: AtomicU32::new(0),
            done: AtomicBool::new(false),
            reached: Semaphore::new(0),
            opened: Semaphore::new(0),
        }
    }

    /// Waits until a step is held.
    pub(super) async fn reached(&self) {
        let permit = self.reached.acquire().await.expect("the semaphore is never closed");
        permit.forget();
    }

    /// Lets the held step continue.
    pub(super) fn open(&self) {
        self.opened.add_permits(1);
    }

    /// Returns the fault of a step on `user` that passes `point`.
    fn due(&self, point: FailPoint, user: UserId) -> Option<FaultKind> {
        // Relaxed: all tasks of a schedule share one thread.
        if (point, user) != (self.fault.point, HOT) || self.done.load(Ordering::Relaxed) {
            return None;
        }
        if self.passed.fetch_add(1, Ordering::Relaxed) < self.fault.skipped {
            return None;
        }
        self.done.store(true, Ordering::Relaxed);
        Some(self.fault.kind)
    }

    async fn hold(&self) {
        self.reached.add_permits(1);
        let permit = self.opened.acquire().await.expect("the semaphore is never closed");
        permit.forget();
    }
}

impl FaultScript for FaultInjector {
    fn pass(&self, point: FailPoint, user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            task::yield_now().await;
            match self.due(point, user) {
                None => Ok(()),
                Some(FaultKind::Hold) => {
                    self.hold().await;
                    Ok(())
                }
                Some(FaultKind::Fail) => Err(ERROR),
                Some(FaultKind::Panic) => panic_without_hook(),
            }
        })
    }

    fn pass_sync(&self, point: FailPoint, user: UserId) -> Result<(), StoreError> {
        match self.due(point, user) {
            None => Ok(()),
            Some(FaultKind::Hold) => {
                block_on(self.hold());
                Ok(())
            }
            Some(FaultKind::Fail) => Err(ERROR),
            Some(FaultKind::Panic) => panic_without_hook(),
        }
    }
}

/// The error of a store that a test makes fail.
const ERROR: StoreError =
    StoreError::constant(StoreErrorKind::Failed, "a test injected this error");

/// Unwinds as a panic does, without a call of the panic hook: the panic is intended.
fn panic_without_hook() -> ! {
    resume_unwind(Box::new("a test injected this panic"))
}
