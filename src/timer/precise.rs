//! A timer for waits of microseconds on the clock of the wall.
//!
//! A system's sleep comes back late, and a thread that is woken needs some fifty microseconds more:
//! too late for a wait of 100 us. So a short wait ends in two steps. A thread of this timer sleeps
//! until [`SPIN`] before the end and wakes the task; from there the task looks at the clock again and
//! again, and lets other tasks run between two looks.
//!
//! **What it costs.** Nothing while no wait is under way: the thread sleeps until it is woken, and it
//! starts with the first wait that needs it. A short wait keeps one worker of the runtime busy for
//! its last [`SPIN`], however many of them end there. A wait of [`LONG`] and more is late by a
//! wake-up, which is less than a hundredth of it, and spins not at all.

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

/// How long before the end of a short wait its task looks at the clock by itself: what waking first
/// the thread of the timer and then a worker of the runtime seldom exceeds.
const SPIN: Duration = Duration::from_micros(300);

/// A wait of which [`SPIN`] is little. It is ended by the thread of the timer alone.
const LONG: Duration = Duration::from_millis(20);

/// A timer with a thread of its own. A copy is the same timer.
#[derive(Debug, Clone)]
pub struct PreciseTimer(Arc<Handle>);

/// All copies of one timer. Dropped, it ends the thread.
#[derive(Debug)]
struct Handle(Arc<Alarm>);

#[derive(Debug)]
struct Alarm {
    began: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sleeps: Sleeps,
    /// Whether the thread runs.
    is_running: bool,
    /// Whether the thread is to end.
    is_closed: bool,
}

impl Default for PreciseTimer {
    fn default() -> PreciseTimer {
        let (state, changed) = (Mutex::default(), Condvar::new());
        PreciseTimer(Arc::new(Handle(Arc::new(Alarm { began: Instant::now(), state, changed }))))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.state.lock().is_closed = true;
        self.0.changed.notify_one();
    }
}

impl PreciseTimer {
    /// Waits for `time` to pass, from the first poll on.
    pub async fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        let early = if time < LONG { SPIN } else { Duration::ZERO };
        if early < time {
            self.wake_at(end - early).await;
        }
        while Instant::now() < end {
            task::yield_now().await;
        }
    }

    /// How long a wait of `time` takes: the median of some, on the runtime that polls it.
    pub async fn measure(&self, time: Duration) -> Duration {
        const WAITS: usize = 21;
        let mut took = Vec::with_capacity(WAITS);
        for _ in 0..WAITS {
            let began = Instant::now();
            self.sleep(time).await;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        took[WAITS / 2]
    }

    async fn wake_at(&self, time: Instant) {
        let Handle(alarm) = &*self.0;
        let mut wait = Wait { alarm, deadline_ns: alarm.ns_at(time), key: None };
        poll_fn(|cx| wait.poll(cx)).await;
    }
}

/// A wait for the thread. Dropped, it wakes no task.
struct Wait<'a> {
    alarm: &'a Arc<Alarm>,
    deadline_ns: u64,
    key: Option<Key>,
}

impl Wait<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.deadline_ns <= self.alarm.ns_at(Instant::now()) {
            return Poll::Ready(());
        }
        let mut state = self.alarm.state.lock();
        let first_ns = state.sleeps.deadline_ns();
        let key = *self.key.get_or_insert_with(|| state.sleeps.begin(self.deadline_ns));
        let replaced = state.sleeps.set(key, cx.waker());
        self.alarm.start_thread(&mut state);
        drop(state);
        drop(replaced);
        if first_ns.is_none_or(|first_ns| self.deadline_ns < first_ns) {
            self.alarm.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let waker = self.alarm.state.lock().sleeps.cancel(key);
        drop(waker);
    }
}

impl Alarm {
    fn ns_at(&self, time: Instant) -> u64 {
        u64::try_from((time - self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    fn start_thread(self: &Arc<Alarm>, state: &mut State) {
        if !std::mem::replace(&mut state.is_running, true) {
            let alarm = Arc::clone(self);
            let thread = thread::Builder::new().name("hotrow-timer".to_owned());
            thread.spawn(move || alarm.run()).expect("the system has a thread for a timer");
        }
    }

    /// Wakes each task when its wait ends, until the timer is dropped.
    fn run(&self) {
        let mut state = self.state.lock();
        while !state.is_closed {
            match state.sleeps.deadline_ns() {
                None => self.changed.wait(&mut state),
                Some(deadline_ns) => {
                    let deadline = self.began + Duration::from_nanos(deadline_ns);
                    self.changed.wait_until(&mut state, deadline);
                }
            }
            let now_ns = self.ns_at(Instant::now());
            while let Some(waker) = state.sleeps.pop(now_ns) {
                // The lock is free while the waker is called, since that may end a task.
                MutexGuard::unlocked(&mut state, || waker.wake());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::join_all};

    use super::*;

    /// The least that `time` took of many waits, and all of them at least as long as they were to be.
    async fn shortest(timer: &PreciseTimer, time: Duration) -> Duration {
        let mut shortest = Duration::MAX;
        for _ in 0..30 {
            let began = Instant::now();
            timer.sleep(time).await;
            let took = began.elapsed();
            assert!(took >= time, "{took:?} of {time:?}");
            shortest = shortest.min(took);
        }
        shortest
    }

    /// A timer of a millisecond's grain makes twenty times as much of the first of these.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_wait_is_within_a_tenth_of_what_it_is_to_be() {
        let timer = PreciseTimer::default();
        for micros in [50, 100, 1_000, 5_000, 25_000] {
            let time = Duration::from_micros(micros);
            // As a task: what polls the root of a runtime sleeps and is woken for each look.
            let timer = timer.clone();
            let took = tokio::spawn(async move { shortest(&timer, time).await }).await.unwrap();
            assert!(took < time.mul_f64(1.1), "{took:?} of {time:?}");
        }
    }

    /// A wait that ends before the one that the thread sleeps for must wake the thread.
    #[tokio::test]
    async fn waits_end_each_at_its_own_time() {
        let timer = PreciseTimer::default();
        let began = Instant::now();
        let waits = [90, 30, 60].map(|millis| {
            let timer = timer.clone();
            async move {
                timer.sleep(Duration::from_millis(millis)).await;
                (millis, began.elapsed())
            }
        });
        for (millis, took) in join_all(waits).await {
            let late = took - Duration::from_millis(millis);
            assert!(late < Duration::from_millis(25), "{late:?} late");
        }
    }

    /// A wait that was given up must not hold up those behind it, nor keep its task.
    #[tokio::test]
    async fn a_wait_that_is_dropped_is_forgotten() {
        let timer = PreciseTimer::default();
        let mut given_up = Box::pin(timer.sleep(Duration::from_hours(1)));
        assert!(given_up.as_mut().now_or_never().is_none());
        assert!(timer.0.0.state.lock().sleeps.deadline_ns().is_some());
        drop(given_up);
        assert!(timer.0.0.state.lock().sleeps.deadline_ns().is_none());
        timer.sleep(Duration::from_millis(1)).await;
    }

    /// A thread that outlived its timer would be one more for each service that was ever opened.
    #[tokio::test]
    async fn the_thread_ends_with_its_timer() {
        let timer = PreciseTimer::default();
        timer.sleep(Duration::from_millis(1)).await;
        let alarm = Arc::downgrade(&timer.0.0);
        drop(timer);
        let patience = Instant::now() + Duration::from_secs(10);
        while alarm.strong_count() > 0 {
            assert!(Instant::now() < patience, "the thread is still there");
            task::yield_now().await;
        }
    }
}
