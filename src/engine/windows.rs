//! How long the phases of one trial are, and on which clock.

use std::time::Duration;

use super::Trial;
use crate::database::Latency;

/// What a command of the assignment takes: one read and two writes.
const ASSIGNMENT_COMMAND: Duration = Duration::from_micros(99_500 + 2 * 149_500);

/// Commands that one user can be served in a window of simulated time for each millisecond that is
/// planned on the wall: 100 ms become 750 commands, 299 seconds of the assignment's latency.
const COMMANDS_A_MS: f64 = 7.5;

/// How often the coordinator of a wall-clock run looks whether it is to stop. Rare enough to take
/// a ten-thousandth of a core.
const WALL_SLICE: Duration = Duration::from_millis(5);

/// Simulated time in slices is nearly free.
const SIMULATED_SLICES: u32 = 300;

/// The phases of one trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Windows {
    pub(super) simulated: bool,
    /// What a command waits for its store on average.
    pub(super) command: Duration,
    pub(super) warm_up: Duration,
    pub(super) capacity: Duration,
    pub(super) latency: Duration,
    /// How long the coordinator sleeps between two looks at whether to stop.
    pub(super) slice: Duration,
}

impl Windows {
    /// The phases of `trial`. Where the store has a latency they are simulated, and as much longer
    /// as its commands are.
    pub(super) fn of(trial: &Trial) -> Windows {
        let schedule = &trial.schedule;
        let command = command(trial.cell.latency);
        let simulated = !command.is_zero();
        let scaled = |planned: Duration| match simulated {
            true => command.mul_f64(planned.as_secs_f64() * 1e3 * COMMANDS_A_MS),
            false => planned,
        };
        let capacity = scaled(schedule.capacity_window);
        let slice = match simulated {
            true => (capacity / SIMULATED_SLICES).max(Duration::from_nanos(1)),
            false => WALL_SLICE,
        };
        let (warm_up, latency) = (scaled(schedule.warm_up), scaled(schedule.latency_window));
        match trial.cell.load.is_open() {
            true => Windows {
                simulated,
                command,
                warm_up,
                capacity: capacity + latency,
                latency: Duration::ZERO,
                slice,
            },
            false => Windows { simulated, command, warm_up, capacity, latency, slice },
        }
    }

    /// All phases together.
    pub(super) fn total(&self) -> Duration {
        self.warm_up + self.capacity + self.latency
    }
}

/// What one command waits for its store, on average.
fn command(latency: Latency) -> Duration {
    match latency {
        Latency::None => Duration::ZERO,
        Latency::Fixed(call) => 3 * call,
        Latency::Scaled(factor) => ASSIGNMENT_COMMAND.mul_f64(factor),
        Latency::Assignment => ASSIGNMENT_COMMAND,
    }
}
