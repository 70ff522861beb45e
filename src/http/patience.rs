//! Patience with those who are slow to send the head of a request, at the price of one timer for
//! each connection and not for each request.
//!
//! Whenever hyper begins to wait for a head it asks for a new sleep, and drops it when the head is
//! there: nearly always before it is over. A timer of the runtime for each of them would be put into
//! its wheel and taken out again, under its lock. Here all sleeps of a connection share one such timer. It
//! rings when the first of them would be over, and is set again only then, for whichever waits now.

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
pub(super) struct Patience(Arc<Mutex<Alarm>>);

/// The one timer of the runtime.
#[derive(Default)]
struct Alarm {
    /// Set when somebody has waited; never later than the end of whoever waits now.
    bell: Option<Pin<Box<time::Sleep>>>,
    /// Who is woken by it.
    sleeper: Option<Waker>,
}

/// One sleep.
struct Sleep {
    end: time::Instant,
    alarm: Arc<Mutex<Alarm>>,
}

impl rt::Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep { end: end.into(), alarm: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.alarm.lock().poll(self.end, cx)
    }
}

impl Alarm {
    /// Whether `end` has come. If not, who asks is woken by then, if not before.
    fn poll(&mut self, end: time::Instant, cx: &mut Context<'_>) -> Poll<()> {
        let bell = self.bell.get_or_insert_with(|| Box::pin(time::sleep_until(end)));
        let is_set = !bell.is_elapsed() && bell.deadline() <= end;
        if is_set && self.sleeper.as_ref().is_some_and(|sleeper| sleeper.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        if !is_set {
            bell.as_mut().reset(end);
        }
        self.sleeper = Some(cx.waker().clone());
        bell.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Timer;

    use super::*;

    /// A sleep that took the end of another would cut off somebody who still has time, or leave a
    /// connection open for ever.
    #[tokio::test(start_paused = true)]
    async fn every_sleep_has_its_own_end() {
        let patience = Patience::default();
        let began = patience.now();
        let until = |seconds| patience.sleep_until(began + Duration::from_secs(seconds));
        for (given_up, seconds) in [(10, 14), (30, 20), (25, 25)] {
            let glance = time::timeout(Duration::from_secs(1), until(given_up)).await;
            assert!(glance.is_err(), "{given_up} was not over");
            until(seconds).await;
            let passed = patience.now() - began;
            let late = passed.checked_sub(Duration::from_secs(seconds)).expect("it was over");
            assert!(late < Duration::from_millis(2), "{seconds}: {late:?} late");
        }
    }

    /// A waker that is forgotten when a connection moves to another would never be called.
    #[tokio::test(start_paused = true)]
    async fn whoever_waits_last_is_woken() {
        let patience = Patience::default();
        let mut sleep = patience.sleep(Duration::from_secs(10));
        let elsewhere = time::timeout(Duration::from_secs(1), &mut sleep).await;
        assert!(elsewhere.is_err(), "it was not over");
        let woken = time::timeout(Duration::from_secs(10), tokio::spawn(sleep)).await;
        assert!(woken.is_ok(), "nobody woke it");
    }
}
