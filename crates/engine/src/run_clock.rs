//! The clock of a run: the wall clock, or a simulated clock on which waiting takes no real time.

use std::{thread, time::Duration};

use hotrow::timer::SimulatedClock;

/// The longest sleep on a simulated clock, in commands of the store. After it a client checks
/// whether the run is over.
const SLEEP_COMMANDS_MAX: u32 = 64;

/// A client that waits for the next phase checks again after a command's time divided by this. The
/// number is small, so that a simulated clock seldom stops for the check.
const IDLE_PARTS: u32 = 4;

/// If answers take no time, a client first waits a command's time divided by this.
const PAUSE_PARTS: u32 = 400;

/// How long after the end of a window clients still send overdue requests.
const GRACE: Duration = Duration::from_secs(1);

/// The same on a simulated clock, in commands of the store.
const GRACE_COMMANDS: u32 = 16;

/// The shortest wait that sleeps: a sleep of 50 microseconds takes up to 1.6 ms on a virtual
/// machine.
const SLEEP_MIN: Duration = Duration::from_millis(5);

/// A sleep ends this much before the end of its wait.
const SLEEP_EARLY: Duration = Duration::from_millis(3);

/// The longest sleep, after which a client checks whether the run is over.
const SLEEP_MAX: Duration = Duration::from_millis(20);

/// Reads the time of a run, and waits.
#[derive(Debug, Clone)]
pub(super) enum RunClock {
    /// The system's monotonic clock.
    Wall(std::time::Instant),
    /// A clock that moves when every task waits.
    Simulated {
        /// The clock of the runtime that polls the client.
        clock: SimulatedClock,
        /// When the run started, on that clock.
        start_ns: u64,
        /// The mean duration of a command of the store, with which waits are scaled.
        command: Duration,
    },
}

impl RunClock {
    /// Returns whether time passes only while every task waits.
    #[inline]
    pub(super) fn is_simulated(&self) -> bool {
        matches!(self, RunClock::Simulated { .. })
    }

    /// Returns the nanoseconds since the run started.
    #[inline]
    pub(super) fn ns(&self) -> u64 {
        match self {
            RunClock::Wall(start) => u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX),
            RunClock::Simulated { clock, start_ns, .. } => clock.now_ns() - start_ns,
        }
    }

    /// Returns how long after the end of the window a client still sends requests that were due
    /// inside it.
    pub(super) fn grace_ns(&self) -> u64 {
        let grace = match self {
            RunClock::Wall(_) => GRACE,
            RunClock::Simulated { command, .. } => command.saturating_mul(GRACE_COMMANDS),
        };
        u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Waits. On the wall clock this blocks the thread, so that its end does not depend on a free
    /// worker of a runtime.
    pub(super) async fn wait(&self, time: Duration) {
        match self {
            RunClock::Wall(_) => thread::sleep(time),
            RunClock::Simulated { clock, .. } => clock.sleep(time).await,
        }
    }

    /// Waits for a part of `left`. A system's sleep returns a millisecond late. So for less than a
    /// few milliseconds this spins once, or yields once to other tasks, and the caller calls again.
    /// On a simulated clock it waits for all of `left`, up to a bound.
    pub(super) async fn sleep_or_spin_until(&self, left: Duration, yields: bool) {
        match self {
            RunClock::Simulated { clock, command, .. } => {
                clock.sleep(left.min(command.saturating_mul(SLEEP_COMMANDS_MAX))).await;
            }
            RunClock::Wall(_) if left >= SLEEP_MIN && yields => {
                tokio::time::sleep((left - SLEEP_EARLY).min(SLEEP_MAX)).await;
            }
            RunClock::Wall(_) if left >= SLEEP_MIN => {
                thread::sleep((left - SLEEP_EARLY).min(SLEEP_MAX))
            }
            RunClock::Wall(_) if yields => tokio::task::yield_now().await,
            RunClock::Wall(_) => std::hint::spin_loop(),
        }
    }

    /// Yields for a while, for a client that only waits for the next phase.
    pub(super) async fn idle(&self) {
        match self {
            RunClock::Wall(_) => tokio::task::yield_now().await,
            RunClock::Simulated { clock, command, .. } => {
                clock.sleep(part(*command, IDLE_PARTS)).await
            }
        }
    }

    /// Yields. A simulated clock moves by a small part of a command, doubled `doublings` times.
    pub(super) async fn pause(&self, doublings: u32) {
        match self {
            RunClock::Wall(_) => tokio::task::yield_now().await,
            RunClock::Simulated { clock, command, .. } => {
                clock.sleep(part(*command, PAUSE_PARTS).saturating_mul(1 << doublings)).await;
            }
        }
    }
}

/// Returns a part of `time`, at least 1 ns: a clock that stands still ends no run.
fn part(time: Duration, parts: u32) -> Duration {
    (time / parts).max(Duration::from_nanos(1))
}
