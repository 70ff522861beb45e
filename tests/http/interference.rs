//! What is to happen in the middle of chosen steps: they are held there, or panic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::BoxFuture;
use hotrow::{
    domain::{Fault, UserId},
    store::{Point, Script, StepAside},
};
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

/// What a panic says that nobody but the log may read.
pub(crate) const WORDS: &str = "xyzzy";

/// What is to happen to steps on chosen users. Where nothing is, they step aside.
#[derive(Default)]
pub(crate) struct Plan {
    holds: Mutex<Vec<(UserId, Point, Arc<Barrier>)>>,
    panics: Mutex<Vec<(UserId, Point)>>,
    /// Whether a step has passed that could not be suspended.
    met_a_thread: AtomicBool,
}

/// Where steps are held until this is dropped.
pub(crate) struct Gate(Arc<Barrier>);

#[derive(Default)]
struct Barrier {
    opened: watch::Sender<bool>,
    opened_now: Mutex<bool>,
    changed: Condvar,
}

impl Plan {
    /// Holds every step on `user` that comes to `point`.
    pub(crate) fn hold(&self, user: u64, point: Point) -> Gate {
        let barrier = Arc::new(Barrier::default());
        self.holds.lock().push((id(user), point, Arc::clone(&barrier)));
        Gate(barrier)
    }

    /// Holds nobody any more who is yet to come.
    pub(crate) fn forget_holds(&self) {
        self.holds.lock().clear();
    }

    /// Panics in the next step on `user` that comes to `point`.
    pub(crate) fn panic(&self, user: u64, point: Point) {
        self.panics.lock().push((id(user), point));
    }

    /// Whether there is still a panic to come; then there is none any more.
    pub(crate) fn forget_panics(&self) -> bool {
        !std::mem::take(&mut *self.panics.lock()).is_empty()
    }

    /// Whether a step has passed that could not be suspended.
    pub(crate) fn met_a_thread(&self) -> bool {
        self.met_a_thread.load(Ordering::Relaxed)
    }

    fn barrier(&self, point: Point, user: UserId) -> Option<Arc<Barrier>> {
        let holds = self.holds.lock();
        let held = holds.iter().find(|(held, at, _)| (*held, *at) == (user, point));
        held.map(|(_, _, barrier)| Arc::clone(barrier))
    }

    fn panics(&self, point: Point, user: UserId) -> bool {
        let mut panics = self.panics.lock();
        let due = panics.iter().position(|due| *due == (user, point));
        due.map(|due| panics.remove(due)).is_some()
    }
}

impl Script for Plan {
    fn pass(&self, point: Point, user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        if self.panics(point, user) {
            return Box::pin(async { panic_in_silence() });
        }
        match self.barrier(point, user) {
            None => StepAside.pass(point, user),
            Some(barrier) => Box::pin(async move {
                let mut opened = barrier.opened.subscribe();
                let _ = opened.wait_for(|&opened| opened).await;
                Ok(())
            }),
        }
    }

    fn pass_now(&self, point: Point, user: UserId) -> Result<(), Fault> {
        self.met_a_thread.store(true, Ordering::Relaxed);
        if self.panics(point, user) {
            panic_in_silence();
        }
        match self.barrier(point, user) {
            None => return StepAside.pass_now(point, user),
            Some(barrier) => {
                let mut opened = barrier.opened_now.lock();
                barrier.changed.wait_while(&mut opened, |opened| !*opened);
            }
        }
        Ok(())
    }
}

impl Gate {
    /// Lets all who are held go on, and all who come.
    pub(crate) fn open(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.opened.send_replace(true);
        *self.0.opened_now.lock() = true;
        self.0.changed.notify_all();
    }
}

fn id(user: u64) -> UserId {
    UserId::new(user).expect("users here are small numbers")
}

/// Unwinds as a panic does, without telling the panic hook what was meant to happen.
fn panic_in_silence() -> ! {
    std::panic::resume_unwind(Box::new(WORDS))
}
