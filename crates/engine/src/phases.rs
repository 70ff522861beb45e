//! The lengths of the phases of an iteration, and their clock.

use std::time::Duration;

use super::Iteration;
use hotrow::scenario::Latency;

/// The mean duration of a command of the assignment: one read and two writes.
const ASSIGNMENT_COMMAND: Duration = Duration::from_micros(99_500 + 2 * 149_500);

/// Commands of one user that fit a window of simulated time per millisecond of the planned window:
/// 100 ms become 750 commands, 299 seconds of the assignment's latency.
const COMMANDS_PER_MS: f64 = 7.5;

/// How often the coordinator of a wall-clock run checks whether it must stop. That takes a
/// ten-thousandth of a core.
const WALL_SLICE: Duration = Duration::from_millis(5);

/// The number of slices of a simulated window. Simulated time in slices is almost free.
const SIMULATED_SLICES: u32 = 300;

/// The phases of one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Phases {
    pub(super) simulated: bool,
    /// The mean time that a command waits for its store.
    pub(super) command: Duration,
    pub(super) warm_up: Duration,
    pub(super) capacity: Duration,
    pub(super) latency: Duration,
    /// The time between two checks of the coordinator whether it must stop.
    pub(super) slice: Duration,
}

impl Phases {
    /// Computes the phases of `iteration`. With a latency of the store they are simulated, and
    /// longer in proportion to its commands.
    pub(super) fn new(iteration: &Iteration) -> Phases {
        let schedule = &iteration.schedule;
        let command = mean_command(iteration.scenario.latency);
        let simulated = !command.is_zero();
        let scaled = |planned: Duration| match simulated {
            true => command.mul_f64(planned.as_secs_f64() * 1e3 * COMMANDS_PER_MS),
            false => planned,
        };
        let capacity = scaled(schedule.capacity_window);
        let slice = match simulated {
            true => (capacity / SIMULATED_SLICES).max(Duration::from_nanos(1)),
            false => WALL_SLICE,
        };
        let (warm_up, latency) = (scaled(schedule.warm_up), scaled(schedule.latency_window));
        match iteration.scenario.load.is_open() {
            true => Phases {
                simulated,
                command,
                warm_up,
                capacity: capacity + latency,
                latency: Duration::ZERO,
                slice,
            },
            false => Phases { simulated, command, warm_up, capacity, latency, slice },
        }
    }

    /// Returns the length of all phases together.
    pub(super) fn total(&self) -> Duration {
        self.warm_up + self.capacity + self.latency
    }
}

/// Returns the planned window that lasts `length` in the time of the run: `length` itself, or on a
/// simulated clock the window that is scaled to it.
pub fn planned_window(latency: Latency, length: Duration) -> Duration {
    let command = mean_command(latency);
    match command.is_zero() {
        true => length,
        false => {
            let commands = length.as_secs_f64() / command.as_secs_f64();
            Duration::from_secs_f64(commands / COMMANDS_PER_MS / 1e3)
        }
    }
}

/// Returns the mean time that a command waits for its store.
pub fn mean_command(latency: Latency) -> Duration {
    match latency {
        Latency::None => Duration::ZERO,
        Latency::Fixed(call) => 3 * call,
        Latency::Scaled(factor) => ASSIGNMENT_COMMAND.mul_f64(factor),
        Latency::Assignment => ASSIGNMENT_COMMAND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schedule;
    use hotrow::scenario::{Clients, Load, Scenario};

    /// A window that is planned for a length must have it, or a probe would have too few requests.
    #[test]
    fn a_planned_window_has_its_length() {
        for latency in
            [Latency::None, Latency::Assignment, Latency::Fixed(Duration::from_millis(5))]
        {
            let length = Duration::from_secs(3);
            let scenario = Scenario { latency, ..Scenario::hot_row(Clients::Tasks(2)) };
            let load =
                Load::Open { arrivals: hotrow::scenario::Arrivals::Poisson, per_second: 1.0 };
            let schedule = Schedule {
                blocks: 1,
                warm_up: Duration::ZERO,
                capacity_window: planned_window(latency, length),
                latency_window: Duration::ZERO,
                seed: 1,
            };
            let scenario = Scenario { load, ..scenario };
            let phases = Phases::new(&Iteration { scenario, schedule, block: 0, location: None });
            let off = phases.capacity.as_secs_f64() / length.as_secs_f64();
            assert!((off - 1.0).abs() < 1e-3, "{latency}: {off}");
        }
    }
}
