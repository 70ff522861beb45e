//! Timers for simulated delays: the runtime's timer, a simulated clock, or a precise timer for
//! short waits.
//!
//! Tokio's timer counts in whole milliseconds and rounds up, also on its paused clock. A delay of 1
//! us would take as long as one of 1 ms. So a store is opened with the timer that fits.
//!
//! | timer | resolution | for |
//! |---|---|---|
//! | [`Timer::Runtime`] | 1 ms, late by up to 2 ms | paused-clock tests, explored schedules |
//! | [`Timer::Simulated`] | 1 ns, exact | measurements: time passes only while every task waits |
//! | [`Timer::Precise`] | a few microseconds | a service with a latency, on the wall clock |

mod precise;
mod simulated;
mod sleeps;

use std::time::Duration;

pub use self::{
    precise::PreciseTimer,
    simulated::{SimulatedClock, SimulatedSleep},
};
use crate::sync::time;

/// The timer on which a delay waits. A clone is the same timer.
#[derive(Debug, Clone, Default)]
pub enum Timer {
    /// The timer of the runtime that polls the delay.
    #[default]
    Runtime,
    /// A clock on which waiting takes no real time.
    Simulated(SimulatedClock),
    /// The wall clock, also for waits of less than a millisecond.
    Precise(PreciseTimer),
}

impl Timer {
    /// Waits until `time` has passed.
    ///
    /// # Panics
    /// If the timer is [`Timer::Runtime`] and there is no Tokio runtime with a timer.
    pub async fn sleep(&self, time: Duration) {
        match self {
            Timer::Runtime => time::sleep(time).await,
            Timer::Simulated(clock) => clock.sleep(time).await,
            Timer::Precise(timer) => timer.sleep(time).await,
        }
    }
}
