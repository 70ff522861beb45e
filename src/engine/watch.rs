//! The clock of a run: the wall's, or a simulated one on which waiting costs nothing.

use std::{thread, time::Duration};

/// Long enough that a simulated clock seldom stops for it.
const LINGER_SIMULATED: Duration = Duration::from_millis(100);

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

    /// Lets others run for a while, for who has nothing to do but to wait for the next phase.
    pub(super) async fn linger(self) {
        match self {
            Watch::Wall(_) => tokio::task::yield_now().await,
            Watch::Simulated(_) => tokio::time::sleep(LINGER_SIMULATED).await,
        }
    }
}
