//! A scheduler that draws the next task uniformly among the runnable ones.
//!
//! It works as Shuttle's random scheduler, with two differences. Each schedule has its own seed,
//! made of the common seed and the number of the schedule, so it can run without those before it.
//! And the first task, the watcher, is chosen only when no other task can run.

use std::sync::Arc;

use fastrand::Rng;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use super::{
    STEPS_MAX, Schedules,
    journal::{EventLog, NoProgress},
};

/// Draws the next task, and counts the steps.
pub(super) struct RandomScheduler {
    schedules: Schedules,
    /// Schedules that have started.
    started: u64,
    steps: u64,
    rng: Rng,
    log: Arc<EventLog>,
}

impl RandomScheduler {
    pub(super) fn new(schedules: Schedules, log: Arc<EventLog>) -> RandomScheduler {
        RandomScheduler { schedules, started: 0, steps: 0, rng: Rng::with_seed(0), log }
    }
}

/// Returns the random numbers that decide the requests of a schedule.
pub(super) fn program_rng(seed: u64, number: u64) -> Rng {
    Rng::with_seed(!schedule_seed(seed, number))
}

/// Returns the seed of schedule `number`. The seeds of consecutive numbers are unrelated.
fn schedule_seed(seed: u64, number: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    rng.u64(..) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Scheduler for RandomScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.log.record_steps(self.steps);
        if self.started == self.schedules.count || self.log.violation().is_some() {
            return None;
        }
        let number = self.schedules.first + self.started;
        let seed = schedule_seed(self.schedules.seed, number);
        (self.started, self.steps, self.rng) = (self.started + 1, 0, Rng::with_seed(seed));
        self.log.start_schedule(number);
        Some(Schedule::new(seed))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        _current: Option<TaskId>,
        _is_yielding: bool,
    ) -> Option<TaskId> {
        self.steps += 1;
        // Tasks are in the order of their ids, and the watcher has the first.
        let (watcher, others) = match runnable.split_first() {
            Some((first, others)) if usize::from(first.id()) == 0 => (Some(first), others),
            _ => (None, runnable),
        };
        match watcher {
            Some(watcher) if others.is_empty() => {
                self.log.set_no_progress(NoProgress::Deadlock);
                Some(watcher.id())
            }
            Some(watcher) if STEPS_MAX < self.steps => {
                self.log.set_no_progress(NoProgress::Livelock);
                Some(watcher.id())
            }
            _ => Some(others[self.rng.usize(..others.len())].id()),
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.u64(..)
    }
}
