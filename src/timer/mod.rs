//! What a simulated delay waits on: a timer of the runtime, a simulated clock, or a timer for short waits.
//!
//! Tokio's timer counts in whole milliseconds and rounds up, also on its paused clock. A delay of
//! 1 us would take as long as one of 1 ms. So a store is opened with the timer that fits.
//!
//! | timer | grain | for |
//! |---|---|---|
//! | [`Timer::Runtime`] | 1 ms, late by up to 2 ms | tests on a paused clock, builds that explore schedules |
//! | [`Timer::Simulated`] | 1 ns, exact | measurements: time passes only while every task waits |
//! | [`Timer::Precise`] | some microseconds | a service with a latency, on the clock of the wall |

mod precise;
mod simulated;
mod sleeps;

use std::time::Duration;

pub use self::{
    precise::PreciseTimer,
    simulated::{SimulatedClock, SimulatedSleep},
};
use crate::sync::time;

/// What a delay waits on. A copy waits on the same.
#[derive(Debug, Clone, Default)]
pub enum Timer {
    /// The timer of the runtime that polls the delay.
    #[default]
    Runtime,
    /// A clock on which waiting costs no time.
    Simulated(SimulatedClock),
    /// The clock of the wall, for waits that are shorter than a millisecond as well.
    Precise(PreciseTimer),
}

impl Timer {
    /// Waits for `time` to pass.
    ///
    /// # Panics
    /// If it is [`Timer::Runtime`] and there is no Tokio runtime with a timer.
    pub async fn sleep(&self, time: Duration) {
        match self {
            Timer::Runtime => time::sleep(time).await,
            Timer::Simulated(clock) => clock.sleep(time).await,
            Timer::Precise(timer) => timer.sleep(time).await,
        }
    }
}
