//! Timeouts for the heads of requests, with one runtime timer for each connection instead of one
//! for each request.
//!
//! hyper creates a sleep whenever it begins to wait for a head, and drops it when the head arrives,
//! nearly always before the sleep ends. A runtime timer for each sleep would be inserted into the
//! timer wheel and removed again, under the lock of the wheel. Here all sleeps of a connection
//! share one runtime timer. It fires when the earliest sleep would end, and only then is it set
//! again, for the sleep that waits at that time.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hyper::rt;
use parking_lot::Mutex;
use tokio::time;

/// The timer of one connection.
#[derive(Default)]
pub(super) struct ConnectionTimer(Arc<Mutex<SharedTimer>>);

/// The runtime timer that all sleeps of a connection share.
#[derive(Default)]
struct SharedTimer {
    /// Set by the first poll of a sleep; its deadline is never later than that of the present
    /// sleep.
    timer: Option<Pin<Box<time::Sleep>>>,
    /// The task that the timer wakes.
    waker: Option<Waker>,
}

/// One sleep of a connection.
struct Sleep {
    end: time::Instant,
    timer: Arc<Mutex<SharedTimer>>,
}

impl rt::Timer for ConnectionTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep { end: end.into(), timer: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.timer.lock().poll(self.end, cx)
    }
}

impl SharedTimer {
    /// Ready if `end` has passed. Otherwise the task is woken at `end` or earlier.
    fn poll(&mut self, end: time::Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(time::sleep_until(end)));
        let is_set = !timer.is_elapsed() && timer.deadline() <= end;
        if is_set && self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        if !is_set {
            timer.as_mut().reset(end);
        }
        self.waker = Some(cx.waker().clone());
        timer.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Timer;

    use super::*;

    /// A sleep with the deadline of another sleep would close a connection too early or never.
    #[tokio::test(start_paused = true)]
    async fn every_sleep_has_its_own_end() {
        let timer = ConnectionTimer::default();
        let began = timer.now();
        let until = |seconds| timer.sleep_until(began + Duration::from_secs(seconds));
        for (dropped, seconds) in [(10, 14), (30, 20), (25, 25)] {
            let early = time::timeout(Duration::from_secs(1), until(dropped)).await;
            assert!(early.is_err(), "the sleep until {dropped} s has ended early");
            until(seconds).await;
            let passed = timer.now() - began;
            let late = passed.checked_sub(Duration::from_secs(seconds)).expect("it has ended");
            assert!(late < Duration::from_millis(2), "{seconds}: {late:?} late");
        }
    }

    /// A connection may move to another task; a timer that kept the old waker would not wake it.
    #[tokio::test(start_paused = true)]
    async fn the_task_that_polled_last_is_woken() {
        let timer = ConnectionTimer::default();
        let mut sleep = timer.sleep(Duration::from_secs(10));
        let first = time::timeout(Duration::from_secs(1), &mut sleep).await;
        assert!(first.is_err(), "the sleep has ended early");
        let woken = time::timeout(Duration::from_secs(10), tokio::spawn(sleep)).await;
        assert!(woken.is_ok(), "the second task was not woken");
    }
}
