//! The clock of a run: the wall's, or a simulated one on which waiting costs nothing.

use std::{thread, time::Duration};

use crate::timer::SimulatedClock;

/// The longest sleep on a simulated clock, in commands of the store: after it a client sees that
/// the run is over.
const SLEEP_COMMANDS_MAX: u32 = 64;

/// The parts of a command's time after which a client that waits for the next phase looks again: so
/// few that a simulated clock seldom stops for it.
const LINGER_PARTS: u32 = 4;

/// The parts of a command's time that a client first waits where answers take no time.
const PAUSE_PARTS: u32 = 400;

/// How long clients have for what is overdue when a window closes.
const GRACE: Duration = Duration::from_secs(1);

/// The same on a simulated clock, in commands of the store.
const GRACE_COMMANDS: u32 = 16;

/// What is slept for at all: a sleep of 50 microseconds takes up to 1.6 ms on a virtual machine.
const SLEEP_MIN: Duration = Duration::from_millis(5);

/// How much earlier a sleep ends than what is waited for.
const SLEEP_EARLY: Duration = Duration::from_millis(3);

/// The longest sleep, after which it is seen that a run is over.
const SLEEP_MAX: Duration = Duration::from_millis(20);

/// Reads the time of a run and waits for it to pass.
#[derive(Debug, Clone)]
pub(super) enum Watch {
    /// The system's monotonic clock.
    Wall(std::time::Instant),
    /// A clock that moves when every task waits.
    Simulated {
        /// The clock of the runtime that it is used on.
        clock: SimulatedClock,
        /// When the watch was started, on that clock.
        start_ns: u64,
        /// What a command of the store takes on average: waits are long or short beside it.
        command: Duration,
    },
}

impl Watch {
    /// Whether time only passes while every task waits for it.
    #[inline]
    pub(super) fn is_simulated(&self) -> bool {
        matches!(self, Watch::Simulated { .. })
    }

    /// Nanoseconds since the watch was started.
    #[inline]
    pub(super) fn ns(&self) -> u64 {
        match self {
            Watch::Wall(start) => u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Watch::Simulated { clock, start_ns, .. } => clock.now_ns() - start_ns,
        }
    }

    /// How long after the end of the window a client still sends what was due inside it.
    pub(super) fn grace_ns(&self) -> u64 {
        let grace = match self {
            Watch::Wall(_) => GRACE,
            Watch::Simulated { command, .. } => command.saturating_mul(GRACE_COMMANDS),
        };
        u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Waits. On the wall's clock this blocks the thread, so that no worker of a runtime has to be
    /// free to end it.
    pub(super) async fn wait(&self, time: Duration) {
        match self {
            Watch::Wall(_) => thread::sleep(time),
            Watch::Simulated { clock, .. } => clock.sleep(time).await,
        }
    }

    /// Waits for a part of `left`, and for less the nearer the end: a system's sleep comes back a
    /// millisecond late, so below some of them the core is kept, or given to other tasks and taken
    /// back. On a simulated clock it waits for all of it, if that is not long.
    pub(super) async fn approach(&self, left: Duration, gives_way: bool) {
        match self {
            Watch::Simulated { clock, command, .. } => {
                clock.sleep(left.min(command.saturating_mul(SLEEP_COMMANDS_MAX))).await;
            }
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

    /// Lets others run for a while, for a client that has nothing to do but to wait for the next
    /// phase.
    pub(super) async fn linger(&self) {
        match self {
            Watch::Wall(_) => tokio::task::yield_now().await,
            Watch::Simulated { clock, command, .. } => {
                clock.sleep(part(*command, LINGER_PARTS)).await
            }
        }
    }

    /// Lets others run, and a simulated clock move by a small part of a command, doubled so often.
    pub(super) async fn pause(&self, doublings: u32) {
        match self {
            Watch::Wall(_) => tokio::task::yield_now().await,
            Watch::Simulated { clock, command, .. } => {
                clock.sleep(part(*command, PAUSE_PARTS).saturating_mul(1 << doublings)).await;
            }
        }
    }
}

/// A part of a time, but not nothing: a clock that stands still ends no run.
fn part(time: Duration, parts: u32) -> Duration {
    (time / parts).max(Duration::from_nanos(1))
}
