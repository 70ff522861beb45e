//! Fault injection in chosen steps: a step is held, or it panics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::BoxFuture;
use hotrow::{
    domain::{StoreError, UserId},
    store::{FailPoint, FaultScript, YieldAtEveryPoint},
};
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

/// The message of the injected panics, which only the log may contain.
pub(crate) const PANIC_MESSAGE: &str = "xyzzy";

/// The faults of steps on chosen users. Steps without a fault yield.
#[derive(Default)]
pub(crate) struct Faults {
    holds: Mutex<Vec<(UserId, FailPoint, Arc<Barrier>)>>,
    panics: Mutex<Vec<(UserId, FailPoint)>>,
    /// Whether a step has passed that could not be suspended and blocks its thread.
    blocks_threads: AtomicBool,
}

/// Holds steps until it is opened or dropped.
pub(crate) struct HoldGuard(Arc<Barrier>);

#[derive(Default)]
struct Barrier {
    opened: watch::Sender<bool>,
    opened_now: Mutex<bool>,
    changed: Condvar,
}

impl Faults {
    /// Holds every step on `user` that reaches `point`.
    pub(crate) fn hold(&self, user: u64, point: FailPoint) -> HoldGuard {
        let barrier = Arc::new(Barrier::default());
        self.holds.lock().push((id(user), point, Arc::clone(&barrier)));
        HoldGuard(barrier)
    }

    /// Stops holding steps that arrive later.
    pub(crate) fn clear_holds(&self) {
        self.holds.lock().clear();
    }

    /// Panics in the next step on `user` that reaches `point`.
    pub(crate) fn panic(&self, user: u64, point: FailPoint) {
        self.panics.lock().push((id(user), point));
    }

    /// Removes all injected panics, and returns whether there were any.
    pub(crate) fn clear_panics(&self) -> bool {
        !std::mem::take(&mut *self.panics.lock()).is_empty()
    }

    /// Whether a step has passed that could not be suspended and blocks its thread.
    pub(crate) fn blocks_threads(&self) -> bool {
        self.blocks_threads.load(Ordering::Relaxed)
    }

    fn barrier(&self, point: FailPoint, user: UserId) -> Option<Arc<Barrier>> {
        let holds = self.holds.lock();
        let held = holds.iter().find(|(held, at, _)| (*held, *at) == (user, point));
        held.map(|(_, _, barrier)| Arc::clone(barrier))
    }

    fn panics(&self, point: FailPoint, user: UserId) -> bool {
        let mut panics = self.panics.lock();
        let due = panics.iter().position(|due| *due == (user, point));
        due.map(|due| panics.remove(due)).is_some()
    }
}

impl FaultScript for Faults {
    fn pass(&self, point: FailPoint, user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        if self.panics(point, user) {
            return Box::pin(async { unwind_silently() });
        }
        match self.barrier(point, user) {
            None => YieldAtEveryPoint.pass(point, user),
            Some(barrier) => Box::pin(async move {
                let mut opened = barrier.opened.subscribe();
                let _ = opened.wait_for(|&opened| opened).await;
                Ok(())
            }),
        }
    }

    fn pass_sync(&self, point: FailPoint, user: UserId) -> Result<(), StoreError> {
        self.blocks_threads.store(true, Ordering::Relaxed);
        if self.panics(point, user) {
            unwind_silently();
        }
        match self.barrier(point, user) {
            None => return YieldAtEveryPoint.pass_sync(point, user),
            Some(barrier) => {
                let mut opened = barrier.opened_now.lock();
                barrier.changed.wait_while(&mut opened, |opened| !*opened);
            }
        }
        Ok(())
    }
}

impl HoldGuard {
    /// Releases the held steps and those that arrive later.
    pub(crate) fn open(self) {}
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        self.0.opened.send_replace(true);
        *self.0.opened_now.lock() = true;
        self.0.changed.notify_all();
    }
}

fn id(user: u64) -> UserId {
    UserId::new(user).expect("the user ids are small")
}

/// Unwinds without a call of the panic hook, which would print the expected panic.
fn unwind_silently() -> ! {
    std::panic::resume_unwind(Box::new(PANIC_MESSAGE))
}
