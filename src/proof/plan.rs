//! What is to happen to chosen steps: one is held in its middle, one fails, one panics.

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

use crate::{
    domain::{Fault, UserId},
    store::{Point, Script, StepAside},
};

/// What a store that fails on purpose says.
pub(crate) const FAULT: Fault = Fault::Store { reason: "it was told to fail" };

/// What is to happen to the next step that passes a point, each once.
#[derive(Default)]
pub(crate) struct Plan {
    turns: Mutex<Vec<Turn>>,
    /// Whether a step has passed that could not be suspended.
    met_a_thread: AtomicBool,
}

struct Turn {
    point: Point,
    user: UserId,
    deed: Deed,
}

#[derive(Clone)]
enum Deed {
    Hold(Arc<Barrier>),
    Fail,
    Panic,
}

/// Where a step is held until this is opened or dropped.
pub(crate) struct Gate(Arc<Barrier>);

struct Barrier {
    reached: watch::Sender<bool>,
    opened: watch::Sender<bool>,
    opened_now: Mutex<bool>,
    changed: Condvar,
}

impl Plan {
    /// Holds the next step on `user` at `point`.
    pub(crate) fn hold(&self, point: Point, user: UserId) -> Gate {
        let barrier = Arc::new(Barrier {
            reached: watch::Sender::new(false),
            opened: watch::Sender::new(false),
            opened_now: Mutex::new(false),
            changed: Condvar::new(),
        });
        self.plan(point, user, Deed::Hold(Arc::clone(&barrier)));
        Gate(barrier)
    }

    /// Fails the next step on `user` at `point`.
    pub(crate) fn fail(&self, point: Point, user: UserId) {
        self.plan(point, user, Deed::Fail);
    }

    /// Panics in the next step on `user` at `point`.
    pub(crate) fn panic(&self, point: Point, user: UserId) {
        self.plan(point, user, Deed::Panic);
    }

    /// Whether a step has passed that could not be suspended.
    pub(crate) fn met_a_thread(&self) -> bool {
        self.met_a_thread.load(Ordering::Relaxed)
    }

    fn plan(&self, point: Point, user: UserId, deed: Deed) {
        self.turns.lock().push(Turn { point, user, deed });
    }

    fn due(&self, point: Point, user: UserId) -> Option<Deed> {
        let mut turns = self.turns.lock();
        let due = turns.iter().position(|turn| (turn.point, turn.user) == (point, user))?;
        Some(turns.remove(due).deed)
    }
}

impl Script for Plan {
    fn pass(&self, point: Point, user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        match self.due(point, user) {
            None => StepAside.pass(point, user),
            Some(Deed::Hold(barrier)) => Box::pin(async move {
                barrier.wait().await;
                Ok(())
            }),
            Some(Deed::Fail) => Box::pin(async { Err(FAULT) }),
            Some(Deed::Panic) => Box::pin(async { panic_in_silence() }),
        }
    }

    fn pass_now(&self, point: Point, user: UserId) -> Result<(), Fault> {
        self.met_a_thread.store(true, Ordering::Relaxed);
        match self.due(point, user) {
            None => StepAside.pass_now(point, user),
            Some(Deed::Hold(barrier)) => {
                barrier.wait_now();
                Ok(())
            }
            Some(Deed::Fail) => Err(FAULT),
            Some(Deed::Panic) => panic_in_silence(),
        }
    }
}

/// Unwinds as a panic does, without telling the panic hook what was meant to happen.
fn panic_in_silence() -> ! {
    resume_unwind(Box::new("a panic on purpose"))
}

impl Gate {
    /// Waits until a step is held.
    pub(crate) async fn reached(&self) {
        let mut reached = self.0.reached.subscribe();
        reached.wait_for(|&reached| reached).await.expect("a gate keeps its own sender");
    }

    /// Lets the step go on.
    pub(crate) fn open(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.opened.send_replace(true);
        *self.0.opened_now.lock() = true;
        self.0.changed.notify_all();
    }
}

impl Barrier {
    async fn wait(&self) {
        self.reached.send_replace(true);
        let mut opened = self.opened.subscribe();
        opened.wait_for(|&opened| opened).await.expect("a gate keeps its own sender");
    }

    fn wait_now(&self) {
        self.reached.send_replace(true);
        let mut opened = self.opened_now.lock();
        self.changed.wait_while(&mut opened, |opened| !*opened);
    }
}
