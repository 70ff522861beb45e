//! A fair queue with a bound, which admits overflowing callers only when the queue is empty.
//!
//! While newcomers take every free place, the queue is never empty and those callers starve.

use std::collections::VecDeque;

use hotrow::{
    domain::{Command, Outcome},
    sync::{Mutex, asynchronous::oneshot},
};

use super::bug::{Bug, Shared, StoreOf};

/// Commands that may wait in the queue. This is more than most tests send at once.
const QUEUE_MAX: usize = 1_024;

/// A queue whose overflow starves.
#[derive(Default)]
pub(super) struct OverflowStarves;

#[derive(Default)]
pub(super) struct BoundedQueue {
    locked: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
    overflow: Vec<oneshot::Sender<()>>,
}

enum Admission {
    /// The caller has the lock.
    Acquired,
    /// The caller has the lock when it receives this.
    Queued(oneshot::Receiver<()>),
    /// The caller tries again when it receives this.
    Overflowed(oneshot::Receiver<()>),
}

impl BoundedQueue {
    fn acquire(&mut self) -> Admission {
        if !self.locked {
            self.locked = true;
            return Admission::Acquired;
        }
        let (grant, granted) = oneshot::channel();
        if self.waiting.len() < QUEUE_MAX {
            self.waiting.push_back(grant);
            return Admission::Queued(granted);
        }
        self.overflow.push(grant);
        Admission::Overflowed(granted)
    }

    fn release(&mut self) {
        while let Some(first) = self.waiting.pop_front() {
            if first.send(()).is_ok() {
                return;
            }
        }
        self.locked = false;
        for retry in self.overflow.drain(..) {
            let _ = retry.send(());
        }
    }
}

struct LockGuard<'a>(&'a Mutex<BoundedQueue>);

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().release();
    }
}

/// A place in the queue. If its future is cancelled after the lock was granted, it passes the lock on.
struct Waiting<'a> {
    queue: &'a Mutex<BoundedQueue>,
    granted: oneshot::Receiver<()>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.granted.close();
        if self.granted.try_recv().is_ok() {
            self.queue.lock().release();
        }
    }
}

async fn acquire(queue: &Mutex<BoundedQueue>) -> LockGuard<'_> {
    loop {
        let admission = queue.lock().acquire();
        match admission {
            Admission::Acquired => return LockGuard(queue),
            Admission::Queued(granted) => {
                let mut waiting = Waiting { queue, granted };
                let _ = (&mut waiting.granted).await;
                return LockGuard(queue);
            }
            Admission::Overflowed(retry) => {
                let _ = retry.await;
            }
        }
    }
}

impl Bug for OverflowStarves {
    const NAME: &'static str = "overflow-starves";
    type State = Mutex<BoundedQueue>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = acquire(&entry).await;
        base.step(&entry, command).await
    }
}
