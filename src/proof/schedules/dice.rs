//! Who goes on: drawn evenly among those who can, from the seed of the schedule alone.
//!
//! As Shuttle's own random scheduler, with two differences. Each schedule has a seed of its own, made
//! of the seed of all and its number, so any one can be run without those before it. And the
//! first task, which only watches, is chosen when nobody else can go on.

use std::sync::Arc;

use fastrand::Rng;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use super::{
    STEPS_MAX, Schedules,
    journal::{Journal, Stuck},
};

/// Draws who goes on, and counts the steps.
pub(super) struct Dice {
    schedules: Schedules,
    /// Schedules that were begun.
    begun: u64,
    steps: u64,
    rng: Rng,
    journal: Arc<Journal>,
}

impl Dice {
    pub(super) fn new(schedules: Schedules, journal: Arc<Journal>) -> Dice {
        Dice { schedules, begun: 0, steps: 0, rng: Rng::with_seed(0), journal }
    }
}

/// What the commands of a schedule are drawn from.
pub(super) fn for_play(seed: u64, number: u64) -> Rng {
    Rng::with_seed(!mixed(seed, number))
}

/// The seed of schedule `number`: neighbours must have nothing in common.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    rng.u64(..) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Scheduler for Dice {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.journal.took(self.steps);
        if self.begun == self.schedules.count || self.journal.found().is_some() {
            return None;
        }
        let number = self.schedules.first + self.begun;
        let seed = mixed(self.schedules.seed, number);
        (self.begun, self.steps, self.rng) = (self.begun + 1, 0, Rng::with_seed(seed));
        self.journal.number_is(number);
        Some(Schedule::new(seed))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        _current: Option<TaskId>,
        _is_yielding: bool,
    ) -> Option<TaskId> {
        self.steps += 1;
        // Tasks come in the order of their numbers, and the watcher is the first of all.
        let (watcher, others) = match runnable.split_first() {
            Some((first, others)) if usize::from(first.id()) == 0 => (Some(first), others),
            _ => (None, runnable),
        };
        match watcher {
            Some(watcher) if others.is_empty() => {
                self.journal.is_stuck(Stuck::Deadlock);
                Some(watcher.id())
            }
            Some(watcher) if STEPS_MAX < self.steps => {
                self.journal.is_stuck(Stuck::Livelock);
                Some(watcher.id())
            }
            _ => Some(others[self.rng.usize(..others.len())].id()),
        }
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.u64(..)
    }
}
