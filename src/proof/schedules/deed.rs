//! What a store does to one step: hold it, fail it, or panic in it.

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use futures_util::future::BoxFuture;
use shuttle::future::block_on;

use super::play::{Deed, DeedKind, HOT};
use crate::{
    domain::{Fault, UserId},
    store::{Point, Script},
    sync::{asynchronous::Semaphore, task},
};

/// Does a [`Deed`] once.
pub(super) struct Doer {
    deed: Deed,
    /// Steps that have passed the point, and whether it was done. To look at them is no step.
    passed: AtomicU32,
    done: AtomicBool,
    /// Open when a step is held.
    reached: Semaphore,
    /// Open when it may go on.
    opened: Semaphore,
}

impl Doer {
    pub(super) fn of(deed: Deed) -> Doer {
        Doer {
            deed,
            passed: AtomicU32::new(0),
            done: AtomicBool::new(false),
            reached: Semaphore::new(0),
            opened: Semaphore::new(0),
        }
    }

    /// Waits until a step is held.
    pub(super) async fn reached(&self) {
        let permit = self.reached.acquire().await.expect("nobody closes it");
        permit.forget();
    }

    /// Lets the step that is held go on.
    pub(super) fn open(&self) {
        self.opened.add_permits(1);
    }

    /// What is to be done to a step on `user` that passes `point`.
    fn due(&self, point: Point, user: UserId) -> Option<DeedKind> {
        // Relaxed: all tasks of a schedule share one thread.
        if (point, user) != (self.deed.point, HOT) || self.done.load(Ordering::Relaxed) {
            return None;
        }
        if self.passed.fetch_add(1, Ordering::Relaxed) < self.deed.spared {
            return None;
        }
        self.done.store(true, Ordering::Relaxed);
        Some(self.deed.kind)
    }

    async fn hold(&self) {
        self.reached.add_permits(1);
        let permit = self.opened.acquire().await.expect("nobody closes it");
        permit.forget();
    }
}

impl Script for Doer {
    fn pass(&self, point: Point, user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            task::yield_now().await;
            match self.due(point, user) {
                None => Ok(()),
                Some(DeedKind::Hold) => {
                    self.hold().await;
                    Ok(())
                }
                Some(DeedKind::Fail) => Err(FAULT),
                Some(DeedKind::Panic) => panic_in_silence(),
            }
        })
    }

    fn pass_now(&self, point: Point, user: UserId) -> Result<(), Fault> {
        match self.due(point, user) {
            None => Ok(()),
            Some(DeedKind::Hold) => {
                block_on(self.hold());
                Ok(())
            }
            Some(DeedKind::Fail) => Err(FAULT),
            Some(DeedKind::Panic) => panic_in_silence(),
        }
    }
}

/// What a store that fails on purpose says.
const FAULT: Fault = Fault::Store { reason: "it was told to fail" };

/// Unwinds as a panic does, without telling the panic hook what was meant to happen.
fn panic_in_silence() -> ! {
    resume_unwind(Box::new("a panic on purpose"))
}
