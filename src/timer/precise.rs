//! A timer for waits of microseconds on the wall clock.
//!
//! A system's sleep returns late, and a woken thread needs another fifty microseconds: too late for
//! a wait of 100 us. So a short wait ends in two steps. The thread of this timer sleeps until
//! [`SPIN`] before the end and wakes the task. From there the task reads the clock in a loop, and
//! yields to other tasks between two reads.
//!
//! **Cost.** None while no wait is in progress: the thread starts with the first wait that needs
//! it, and sleeps until it is woken. A short wait keeps one worker of the runtime busy for its last
//! [`SPIN`], however many waits end there. A wait of [`LONG`] or more does not spin. It is late by
//! a wake-up, which is less than a hundredth of it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::task;

use super::sleeps::{Key, Sleeps};

/// The time before the end of a short wait from which its task spins. Waking first the thread of
/// the timer and then a worker of the runtime seldom takes longer.
const SPIN: Duration = Duration::from_micros(300);

/// A wait beside which [`SPIN`] is short. The thread of the timer alone ends it.
const LONG: Duration = Duration::from_millis(20);

/// A timer with a thread of its own. A clone is the same timer.
#[derive(Debug, Clone)]
pub struct PreciseTimer(Arc<Handle>);

/// Shared by all clones of a timer. Dropping it ends the thread.
#[derive(Debug)]
struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    started: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sleeps: Sleeps,
    /// Whether the thread runs.
    is_running: bool,
    /// Whether the thread must end.
    is_closed: bool,
}

impl Default for PreciseTimer {
    fn default() -> PreciseTimer {
        let (state, changed) = (Mutex::default(), Condvar::new());
        PreciseTimer(Arc::new(Handle(Arc::new(Shared { started: Instant::now(), state, changed }))))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.state.lock().is_closed = true;
        self.0.changed.notify_one();
    }
}

impl PreciseTimer {
    /// Waits until `time` has passed, from the first poll on.
    pub async fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        let spin = if time < LONG { SPIN } else { Duration::ZERO };
        if spin < time {
            self.wake_at(end - spin).await;
        }
        while Instant::now() < end {
            task::yield_now().await;
        }
    }

    /// Measures how long a wait of `time` takes: the median of 21 waits, on the runtime that polls
    /// it.
    pub async fn measure(&self, time: Duration) -> Duration {
        const SAMPLES: usize = 21;
        let mut elapsed = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let started = Instant::now();
            self.sleep(time).await;
            elapsed.push(started.elapsed());
        }
        elapsed.sort_unstable();
        elapsed[SAMPLES / 2]
    }

    async fn wake_at(&self, time: Instant) {
        let Handle(shared) = &*self.0;
        let mut wait = Wait { shared, deadline_ns: shared.ns_at(time), key: None };
        poll_fn(|cx| wait.poll(cx)).await;
    }
}

/// A wait for the thread. A dropped wait wakes no task.
struct Wait<'a> {
    shared: &'a Arc<Shared>,
    deadline_ns: u64,
    key: Option<Key>,
}

impl Wait<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.deadline_ns <= self.shared.ns_at(Instant::now()) {
            return Poll::Ready(());
        }
        let mut state = self.shared.state.lock();
        let first_ns = state.sleeps.deadline_ns();
        let key = *self.key.get_or_insert_with(|| state.sleeps.start(self.deadline_ns));
        let replaced = state.sleeps.set(key, cx.waker());
        self.shared.start_thread(&mut state);
        drop(state);
        drop(replaced);
        if first_ns.is_none_or(|first_ns| self.deadline_ns < first_ns) {
            self.shared.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let waker = self.shared.state.lock().sleeps.cancel(key);
        drop(waker);
    }
}

impl Shared {
    fn ns_at(&self, time: Instant) -> u64 {
        u64::try_from((time - self.started).as_nanos()).unwrap_or(u64::MAX)
    }

    fn start_thread(self: &Arc<Shared>, state: &mut State) {
        if !std::mem::replace(&mut state.is_running, true) {
            let shared = Arc::clone(self);
            let thread = thread::Builder::new().name("hotrow-timer".to_owned());
            thread
                .spawn(move || shared.run())
                .expect("the system can start a thread for the timer");
        }
    }

    /// Wakes each task when its wait ends. Runs until the timer is dropped.
    fn run(&self) {
        let mut state = self.state.lock();
        while !state.is_closed {
            match state.sleeps.deadline_ns() {
                None => self.changed.wait(&mut state),
                Some(deadline_ns) => {
                    let deadline = self.started + Duration::from_nanos(deadline_ns);
                    self.changed.wait_until(&mut state, deadline);
                }
            }
            let now_ns = self.ns_at(Instant::now());
            while let Some(waker) = state.sleeps.pop(now_ns) {
                // The lock is released while the waker is called, since that may end a task.
                MutexGuard::unlocked(&mut state, || waker.wake());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::join_all};

    use super::*;

    /// Returns the shortest of many waits, and checks that none of them is shorter than `time`.
    async fn shortest(timer: &PreciseTimer, time: Duration) -> Duration {
        let mut shortest = Duration::MAX;
        for _ in 0..30 {
            let started = Instant::now();
            timer.sleep(time).await;
            let elapsed = started.elapsed();
            assert!(elapsed >= time, "{elapsed:?} of {time:?}");
            shortest = shortest.min(elapsed);
        }
        shortest
    }

    /// A timer with a resolution of a millisecond would make the first of these waits twenty times
    /// as long.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_wait_is_exact_to_a_tenth() {
        let timer = PreciseTimer::default();
        for micros in [50, 100, 1_000, 5_000, 25_000] {
            let time = Duration::from_micros(micros);
            // It runs as a task: the task that polls the root of a runtime needs a wake-up per
            // read.
            let timer = timer.clone();
            let elapsed = tokio::spawn(async move { shortest(&timer, time).await }).await.unwrap();
            assert!(elapsed < time.mul_f64(1.1), "{elapsed:?} of {time:?}");
        }
    }

    /// A wait that ends before the current deadline of the thread must wake the thread.
    #[tokio::test]
    async fn each_wait_ends_at_its_own_time() {
        let timer = PreciseTimer::default();
        let started = Instant::now();
        let waits = [90, 30, 60].map(|millis| {
            let timer = timer.clone();
            async move {
                timer.sleep(Duration::from_millis(millis)).await;
                (millis, started.elapsed())
            }
        });
        for (millis, elapsed) in join_all(waits).await {
            let late = elapsed - Duration::from_millis(millis);
            assert!(late < Duration::from_millis(25), "{late:?} late");
        }
    }

    /// A cancelled wait must neither delay later waits nor keep its task alive.
    #[tokio::test]
    async fn a_dropped_wait_is_removed() {
        let timer = PreciseTimer::default();
        let mut dropped = Box::pin(timer.sleep(Duration::from_hours(1)));
        assert!(dropped.as_mut().now_or_never().is_none());
        assert!(timer.0.0.state.lock().sleeps.deadline_ns().is_some());
        drop(dropped);
        assert!(timer.0.0.state.lock().sleeps.deadline_ns().is_none());
        timer.sleep(Duration::from_millis(1)).await;
    }

    /// A thread that outlives its timer would stay for each service that was ever opened.
    #[tokio::test]
    async fn the_thread_ends_with_its_timer() {
        let timer = PreciseTimer::default();
        timer.sleep(Duration::from_millis(1)).await;
        let shared = Arc::downgrade(&timer.0.0);
        drop(timer);
        let deadline = Instant::now() + Duration::from_secs(10);
        while shared.strong_count() > 0 {
            assert!(Instant::now() < deadline, "the thread is still there");
            task::yield_now().await;
        }
    }
}
