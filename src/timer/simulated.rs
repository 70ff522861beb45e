//! A discrete-event clock: time moves to the next deadline when no task can run.
//!
//! Each sleep is an event at a nanosecond. While any task can run, the clock stands still. When the
//! runtime is about to park its thread, the clock moves to the earliest deadline and wakes the
//! sleeps that end there, in the order in which they began. So a delay of 1 ns takes 1 ns, a run
//! repeats exactly, and a simulated hour costs only its events.
//!
//! Tokio's own paused clock does the same in steps of a millisecond. Its timer is switched off
//! here, since two clocks in one runtime would each wait for the other. A strategy that sleeps on
//! Tokio's timer panics at once.

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

/// A simulated clock. A clone is the same clock.
#[derive(Debug, Clone, Default)]
pub struct SimulatedClock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now_ns: AtomicU64,
    sleeps: Mutex<Sleeps>,
}

impl SimulatedClock {
    /// Builds a runtime with one thread that moves this clock whenever all its tasks wait.
    ///
    /// # Errors
    /// If the system cannot build a runtime.
    pub fn runtime(&self) -> io::Result<Runtime> {
        let clock = self.clone();
        let advance = move || {
            clock.advance();
        };
        Builder::new_current_thread().on_thread_park(advance).build()
    }

    /// Returns the nanoseconds since the clock was created.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        // Relaxed: the tasks of a simulation run on one thread, and the time publishes nothing.
        self.0.now_ns.load(Ordering::Relaxed)
    }

    /// Returns a sleep that ends after `time`, counted from this call.
    pub fn sleep(&self, time: Duration) -> SimulatedSleep {
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let deadline_ns = self.now_ns().saturating_add(time_ns);
        SimulatedSleep { clock: self.clone(), deadline_ns, key: None }
    }

    /// Moves to the earliest deadline and wakes the sleeps that end there. Returns false if there
    /// is none.
    fn advance(&self) -> bool {
        let Some(deadline_ns) = self.0.sleeps.lock().deadline_ns() else { return false };
        self.0.now_ns.store(deadline_ns, Ordering::Relaxed);
        while let Some(waker) = self.pop(deadline_ns) {
            waker.wake();
        }
        true
    }

    /// Removes the next waker. It releases the lock before the waker is called, since that may end
    /// a task.
    fn pop(&self, deadline_ns: u64) -> Option<Waker> {
        self.0.sleeps.lock().pop(deadline_ns)
    }
}

/// A sleep on a [`SimulatedClock`]. A dropped sleep no longer moves the clock.
#[derive(Debug)]
#[must_use = "a sleep that is not awaited does not wait"]
pub struct SimulatedSleep {
    clock: SimulatedClock,
    deadline_ns: u64,
    /// Its key among the sleeps, while it waits.
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
        let key = *self.key.get_or_insert_with(|| sleeps.start(deadline_ns));
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

    /// A coarse resolution would make short delays longer, and long delays would hide it.
    #[test]
    fn a_sleep_is_exact_to_the_nanosecond() {
        let sleeps = [NS, 999 * NS, Duration::from_micros(1), Duration::from_micros(250), HOUR];
        for time in sleeps {
            let ((), now_ns) = simulate(|clock| async move {
                clock.sleep(time).await;
                clock.sleep(time).await;
            });
            assert_eq!(u128::from(now_ns), 2 * time.as_nanos());
        }
    }

    /// Tasks wait concurrently: time must advance by the longest wait and not by the sum, and
    /// sleeps must end in the order of their deadlines.
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

    /// A cancelled sleep must not move the clock to its deadline.
    #[test]
    fn a_dropped_sleep_does_not_move_the_clock() {
        let ((), now_ns) = simulate(|clock| async move {
            let mut dropped = clock.sleep(HOUR);
            assert!((&mut dropped).now_or_never().is_none());
            drop(dropped);
            clock.sleep(NS).await;
            assert!(!clock.advance());
        });
        assert_eq!(now_ns, 1);
    }

    /// The clock must not move while a task can run.
    #[test]
    fn time_stands_still_while_a_task_can_run() {
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

    /// Two tasks may poll a sleep one after the other. The later one must be woken.
    #[test]
    fn the_task_that_polled_last_is_woken() {
        let ((), now_ns) = simulate(|clock| async move {
            let mut sleep = Box::pin(clock.sleep(NS));
            assert!(sleep.as_mut().now_or_never().is_none());
            tokio::spawn(sleep).await.unwrap();
        });
        assert_eq!(now_ns, 1);
    }

    /// A strategy that sleeps on another clock would silently report a wrong time.
    #[test]
    fn a_sleep_on_tokios_timer_panics() {
        let (end, _) =
            simulate(|_| async { tokio::spawn(async { tokio::time::sleep(NS).await }).await });
        assert!(end.is_err_and(|error| error.is_panic()));
    }
}
