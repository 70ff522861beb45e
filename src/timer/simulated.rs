//! A discrete-event clock: time moves to the next deadline when no task can go on.
//!
//! Each sleep is an event at a nanosecond. While any task can run, the clock stands still. When the
//! runtime is about to park its thread, the clock moves to the earliest deadline and wakes the sleeps
//! that end there, in the order in which they began. So a delay of 1 ns takes 1 ns, a run repeats
//! exactly, and an hour costs no more than its events.
//!
//! Tokio's own paused clock does the same in steps of a millisecond. Its timer is switched off here:
//! two clocks in one runtime would each wait for the other, and a strategy that sleeps on Tokio's
//! panics at once instead.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use super::sleeps::{Key, Sleeps};

/// A simulated clock. A copy is the same clock.
#[derive(Debug, Clone, Default)]
pub struct SimulatedClock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now_ns: AtomicU64,
    sleeps: Mutex<Sleeps>,
}

impl SimulatedClock {
    /// A runtime on one thread that moves this clock whenever all its tasks wait.
    ///
    /// # Errors
    /// If the system has nothing to build a runtime from.
    pub fn runtime(&self) -> io::Result<Runtime> {
        let clock = self.clone();
        let advance = move || {
            clock.advance();
        };
        Builder::new_current_thread().on_thread_park(advance).build()
    }

    /// Nanoseconds since the clock was made.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        // Relaxed: the tasks of a simulation run on one thread, and the time publishes nothing.
        self.0.now_ns.load(Ordering::Relaxed)
    }

    /// Waits for `time` to pass, from now on.
    pub fn sleep(&self, time: Duration) -> SimulatedSleep {
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let deadline_ns = self.now_ns().saturating_add(time_ns);
        SimulatedSleep { clock: self.clone(), deadline_ns, key: None }
    }

    /// Moves to the earliest deadline and wakes the sleeps that end there. False if there is none.
    fn advance(&self) -> bool {
        let Some(deadline_ns) = self.0.sleeps.lock().deadline_ns() else { return false };
        self.0.now_ns.store(deadline_ns, Ordering::Relaxed);
        while let Some(waker) = self.pop(deadline_ns) {
            waker.wake();
        }
        true
    }

    /// The next waker. The lock is free again when it is called, since it may end a task.
    fn pop(&self, deadline_ns: u64) -> Option<Waker> {
        self.0.sleeps.lock().pop(deadline_ns)
    }
}

/// A sleep on a [`SimulatedClock`]. Dropped, it moves the clock no more.
#[derive(Debug)]
#[must_use = "a sleep that is not awaited does not wait"]
pub struct SimulatedSleep {
    clock: SimulatedClock,
    deadline_ns: u64,
    /// Its place among the sleeps, while it waits.
    key: Option<Key>,
}

impl Future for SimulatedSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline_ns = self.deadline_ns;
        if deadline_ns <= self.clock.now_ns() {
            self.key = None;
            return Poll::Ready(());
        }
        let clock = Arc::clone(&self.clock.0);
        let mut sleeps = clock.sleeps.lock();
        let key = *self.key.get_or_insert_with(|| sleeps.begin(deadline_ns));
        let replaced = sleeps.set(key, cx.waker());
        drop(sleeps);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for SimulatedSleep {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let waker = self.clock.0.sleeps.lock().cancel(key);
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::join_all};

    use super::*;

    const NS: Duration = Duration::from_nanos(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn simulate<F: Future>(work: impl FnOnce(SimulatedClock) -> F) -> (F::Output, u64) {
        let clock = SimulatedClock::default();
        let output = clock.runtime().unwrap().block_on(work(clock.clone()));
        (output, clock.now_ns())
    }

    /// A grain would make short delays longer, and long ones hide it.
    #[test]
    fn a_sleep_takes_as_long_as_it_says_to_the_nanosecond() {
        let sleeps = [NS, 999 * NS, Duration::from_micros(1), Duration::from_micros(250), HOUR];
        for time in sleeps {
            let ((), now_ns) = simulate(|clock| async move {
                clock.sleep(time).await;
                clock.sleep(time).await;
            });
            assert_eq!(u128::from(now_ns), 2 * time.as_nanos());
        }
    }

    /// Tasks wait side by side: time must be the longest of their waits and not the sum, and who is
    /// woken first must be who was to be.
    #[test]
    fn sleeps_end_in_the_order_of_their_deadlines() {
        let (order, now_ns) = simulate(|clock| async move {
            let order = Arc::new(Mutex::new(Vec::new()));
            let task = |(name, ns): (usize, u32)| {
                let (clock, order) = (clock.clone(), Arc::clone(&order));
                tokio::spawn(async move {
                    clock.sleep(NS * ns).await;
                    order.lock().push((name, clock.now_ns()));
                })
            };
            join_all([7, 3, 7, 1, 3].into_iter().enumerate().map(task)).await;
            std::mem::take(&mut *order.lock())
        });
        assert_eq!(order, [(3, 1), (1, 3), (4, 3), (0, 7), (2, 7)]);
        assert_eq!(now_ns, 7);
    }

    /// A caller that gives up must not keep the clock going to an end that means nothing.
    #[test]
    fn a_sleep_that_is_dropped_moves_the_clock_no_more() {
        let ((), now_ns) = simulate(|clock| async move {
            let mut given_up = clock.sleep(HOUR);
            assert!((&mut given_up).now_or_never().is_none());
            drop(given_up);
            clock.sleep(NS).await;
            assert!(!clock.advance());
        });
        assert_eq!(now_ns, 1);
    }

    /// While a task can go on, its time is now.
    #[test]
    fn time_stands_still_while_a_task_can_go_on() {
        let ((), now_ns) = simulate(|clock| async move {
            let sleeper = clock.clone();
            let sleeper = tokio::spawn(async move { sleeper.sleep(NS).await });
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
                assert_eq!(clock.now_ns(), 0);
            }
            sleeper.await.unwrap();
        });
        assert_eq!(now_ns, 1);
    }

    /// A sleep may be polled by one task and then by another: the last of them is to be woken.
    #[test]
    fn the_last_task_that_polled_is_woken() {
        let ((), now_ns) = simulate(|clock| async move {
            let mut sleep = Box::pin(clock.sleep(NS));
            assert!(sleep.as_mut().now_or_never().is_none());
            tokio::spawn(sleep).await.unwrap();
        });
        assert_eq!(now_ns, 1);
    }

    /// Of a strategy that sleeps on another clock the time would be wrong, and silently so.
    #[test]
    fn tokios_own_timer_is_refused() {
        let (end, _) =
            simulate(|_| async { tokio::spawn(async { tokio::time::sleep(NS).await }).await });
        assert!(end.is_err_and(|error| error.is_panic()));
    }
}
