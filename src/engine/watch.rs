//! The clock of a run: the wall's, or a simulated one on which waiting costs nothing.

use std::{thread, time::Duration};

/// Long enough that a simulated clock seldom stops for it.
const LINGER_SIMULATED: Duration = Duration::from_millis(100);

/// What is slept for at all: a sleep of 50 microseconds takes up to 1.6 ms on a virtual machine.
const SLEEP_MIN: Duration = Duration::from_millis(5);

/// How much earlier a sleep ends than what is waited for.
const SLEEP_EARLY: Duration = Duration::from_millis(3);

/// The longest sleep, after which it is seen that a run is over.
const SLEEP_MAX: Duration = Duration::from_millis(20);

/// Reads the time of a run and waits for it to pass.
#[derive(Debug, Clone, Copy)]
pub(super) enum Watch {
    /// The system's monotonic clock.
    Wall(std::time::Instant),
    /// The paused clock of the runtime that it is used on.
    Simulated(tokio::time::Instant),
}

impl Watch {
    /// Whether time only passes while everybody waits for it.
    pub(super) fn is_simulated(self) -> bool {
        matches!(self, Watch::Simulated(_))
    }

    /// Nanoseconds since the watch was started.
    #[inline]
    pub(super) fn ns(self) -> u64 {
        let elapsed = match self {
            Watch::Wall(start) => start.elapsed(),
            Watch::Simulated(start) => start.elapsed(),
        };
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Waits. On the wall's clock this blocks the thread, so that no worker of a runtime has to be
    /// free to end it.
    pub(super) async fn wait(self, time: Duration) {
        match self {
            Watch::Wall(_) => thread::sleep(time),
            Watch::Simulated(_) => tokio::time::sleep(time).await,
        }
    }

    /// Waits for a part of `left`, and for less the nearer the end: a system's sleep comes back a
    /// millisecond late, so below some of them the core is kept, or given to other tasks and taken
    /// back.
    pub(super) async fn approach(self, left: Duration, gives_way: bool) {
        match self {
            Watch::Simulated(_) => tokio::time::sleep(left).await,
            Watch::Wall(_) if left >= SLEEP_MIN && gives_way => {
                tokio::time::sleep((left - SLEEP_EARLY).min(SLEEP_MAX)).await;
            }
            Watch::Wall(_) if left >= SLEEP_MIN => {
                thread::sleep((left - SLEEP_EARLY).min(SLEEP_MAX))
            }
            Watch::Wall(_) if gives_way => tokio::task::yield_now().await,
            Watch::Wall(_) => std::hint::spin_loop(),
        }
    }

    /// Lets others run for a while, for who has nothing to do but to wait for the next phase.
    pub(super) async fn linger(self) {
        match self {
            Watch::Wall(_) => tokio::task::yield_now().await,
            Watch::Simulated(_) => tokio::time::sleep(LINGER_SIMULATED).await,
        }
    }
}
