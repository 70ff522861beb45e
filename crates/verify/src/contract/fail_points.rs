//! Faults in chosen steps: a fail point holds a step in its middle, fails it, or makes it panic.

use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::BoxFuture;
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use hotrow::{
    domain::{StoreError, StoreErrorKind, UserId},
    store::{FailPoint, FaultScript, YieldAtEveryPoint},
};

/// The error of a store that a test makes fail.
pub(crate) const ERROR: StoreError =
    StoreError::constant(StoreErrorKind::Failed, "a test injected this error");

/// Faults of the next steps that pass a fail point. Each fault happens once.
#[derive(Default)]
pub(crate) struct FailPoints {
    planned: Mutex<Vec<PlannedFault>>,
    /// Whether a step passed that cannot be suspended.
    has_blocking_steps: AtomicBool,
}

struct PlannedFault {
    point: FailPoint,
    user: UserId,
    fault: FaultAction,
}

#[derive(Clone)]
enum FaultAction {
    Hold(Arc<Barrier>),
    Fail,
    Panic,
}

/// Holds a step until it is opened or dropped.
pub(crate) struct Gate(Arc<Barrier>);

struct Barrier {
    reached: watch::Sender<bool>,
    opened: watch::Sender<bool>,
    opened_sync: Mutex<bool>,
    changed: Condvar,
}

impl FailPoints {
    /// Holds the next step on `user` at `point`.
    pub(crate) fn hold(&self, point: FailPoint, user: UserId) -> Gate {
        let barrier = Arc::new(Barrier {
            reached: watch::Sender::new(false),
            opened: watch::Sender::new(false),
            opened_sync: Mutex::new(false),
            changed: Condvar::new(),
        });
        self.plan(point, user, FaultAction::Hold(Arc::clone(&barrier)));
        Gate(barrier)
    }

    /// Fails the next step on `user` at `point`.
    pub(crate) fn fail(&self, point: FailPoint, user: UserId) {
        self.plan(point, user, FaultAction::Fail);
    }

    /// Panics in the next step on `user` at `point`.
    pub(crate) fn panic(&self, point: FailPoint, user: UserId) {
        self.plan(point, user, FaultAction::Panic);
    }

    /// Whether a step passed that cannot be suspended.
    pub(crate) fn has_blocking_steps(&self) -> bool {
        self.has_blocking_steps.load(Ordering::Relaxed)
    }

    fn plan(&self, point: FailPoint, user: UserId, fault: FaultAction) {
        self.planned.lock().push(PlannedFault { point, user, fault });
    }

    fn due(&self, point: FailPoint, user: UserId) -> Option<FaultAction> {
        let mut planned = self.planned.lock();
        let due = planned
            .iter()
            .position(|planned_fault| (planned_fault.point, planned_fault.user) == (point, user))?;
        Some(planned.remove(due).fault)
    }
}

impl FaultScript for FailPoints {
    fn pass(&self, point: FailPoint, user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        match self.due(point, user) {
            None => YieldAtEveryPoint.pass(point, user),
            Some(FaultAction::Hold(barrier)) => Box::pin(async move {
                barrier.wait().await;
                Ok(())
            }),
            Some(FaultAction::Fail) => Box::pin(async { Err(ERROR) }),
            Some(FaultAction::Panic) => Box::pin(async { panic_without_hook() }),
        }
    }

    fn pass_sync(&self, point: FailPoint, user: UserId) -> Result<(), StoreError> {
        self.has_blocking_steps.store(true, Ordering::Relaxed);
        match self.due(point, user) {
            None => YieldAtEveryPoint.pass_sync(point, user),
            Some(FaultAction::Hold(barrier)) => {
                barrier.wait_sync();
                Ok(())
            }
            Some(FaultAction::Fail) => Err(ERROR),
            Some(FaultAction::Panic) => panic_without_hook(),
        }
    }
}

/// Unwinds as a panic does, without a call of the panic hook: the panic is intended.
fn panic_without_hook() -> ! {
    resume_unwind(Box::new("a test injected this panic"))
}

impl Gate {
    /// Waits until a step is held.
    pub(crate) async fn reached(&self) {
        let mut reached = self.0.reached.subscribe();
        reached.wait_for(|&reached| reached).await.expect("a gate keeps its own sender");
    }

    /// Lets the step continue.
    pub(crate) fn open(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.opened.send_replace(true);
        *self.0.opened_sync.lock() = true;
        self.0.changed.notify_all();
    }
}

impl Barrier {
    async fn wait(&self) {
        self.reached.send_replace(true);
        let mut opened = self.opened.subscribe();
        opened.wait_for(|&opened| opened).await.expect("a gate keeps its own sender");
    }

    fn wait_sync(&self) {
        self.reached.send_replace(true);
        let mut opened = self.opened_sync.lock();
        self.changed.wait_while(&mut opened, |opened| !*opened);
    }
}
