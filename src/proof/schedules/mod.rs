//! Random schedules of a strategy, each of which can be run again alone.
//!
//! A race needs one task to be stopped at one place while another goes on. On real threads that is
//! luck. Built with `--cfg shuttle` every use of a lock or an atomic is a place at which a seeded
//! choice says who goes on, so thousands of ways to run the same few commands are tried in a
//! second, and each is a number. What each leaves behind is judged whole.
//!
//! A schedule in which nobody can go on is a deadlock. One that takes more than [`STEPS_MAX`] steps
//! is taken for a loop that waits for ever: who goes on is drawn evenly, so a loop that waits for
//! somebody who can go on ends soon.
//!
//! What it cannot see: orderings weaker than the strongest, a step inside a library that is not
//! taken from [`sync`](crate::sync), and what takes more than a dozen commands.

mod clock;
mod deed;
mod dice;
mod journal;
mod judge;
mod play;
mod scenarios;
mod stage;
mod told;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};

use self::{dice::Dice, journal::Journal, stage::Stage};
pub use self::{
    play::{Play, Scenario},
    scenarios::SCENARIOS,
};
use crate::{proof::schedules::journal::Stuck, registry::Entry, sync::task};

/// Steps after which a schedule is taken for one without an end. The longest of an honest strategy
/// among 300,000 took 1,240.
pub const STEPS_MAX: u64 = 50_000;

/// Bytes of stack for each task. Pages that are not touched cost nothing.
const STACK_BYTES: usize = 1 << 18;

/// Which schedules to run.
#[derive(Debug, Clone, Copy)]
pub struct Schedules {
    /// What all of them are drawn from.
    pub seed: u64,
    /// The number of the first.
    pub first: u64,
    /// How many to run.
    pub count: u64,
}

/// What came of them.
#[derive(Debug, Clone, Default)]
pub struct Explored {
    /// What was done in those that kept all promises.
    pub traffic: Traffic,
    /// What was wrong with the first that did not, after which no more were run.
    pub violation: Option<Violation>,
}

/// What was done under some schedules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Schedules that were run.
    pub schedules: u64,
    /// Operations that were called.
    pub operations: u64,
    /// Those of them that ran beside one of another client on the same user.
    pub overlapping: u64,
    /// Commands that a rule was in the way of.
    pub refused: u64,
    /// Operations whose outcome their client never learnt.
    pub unknown: u64,
    /// Reads of a balance or of a history.
    pub reads: u64,
    /// Steps of the longest schedule.
    pub steps_max: u64,
}

/// A schedule under which a strategy broke a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The strategy and its store.
    pub entry: String,
    /// What was being done.
    pub scenario: &'static str,
    /// What the schedule was drawn from.
    pub seed: u64,
    /// Its number.
    pub schedule: u64,
    /// What was wrong.
    pub found: String,
    /// What the clients asked and were told, and what the ledgers held.
    pub history: String,
}

/// Runs `scenario` against `entry` under each of `schedules`, until one breaks a promise.
pub fn explore(entry: &Entry, scenario: &'static Scenario, schedules: Schedules) -> Explored {
    let journal = Arc::new(Journal::default());
    let dice = Dice::new(schedules, Arc::clone(&journal));
    let (entry, kept) = (*entry, Arc::clone(&journal));
    let run = move || run_one(&entry, scenario, schedules.seed, &journal);
    // Unwind safe: what a run that was given up leaves behind is not looked at.
    let ended = catch_unwind(AssertUnwindSafe(|| Runner::new(dice, config()).run(run)));
    let found = kept.found().or_else(|| ended.err().map(|_| "the run itself panicked".to_owned()));
    let violation = found.map(|found| Violation {
        entry: format!("{}::{}", entry.store, entry.strategy),
        scenario: scenario.name,
        seed: schedules.seed,
        schedule: kept.number(),
        found,
        history: kept.history(),
    });
    Explored { traffic: kept.traffic(), violation }
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    // The dice count the steps.
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// One schedule. The first task only watches: it is chosen when nobody else can go on.
fn run_one(entry: &Entry, scenario: &Scenario, seed: u64, journal: &Arc<Journal>) {
    task::forget_all();
    let mut dice = dice::for_play(seed, journal.number());
    let play = (scenario.play)(&mut dice);
    let stage = Arc::new(Stage::open(entry, &play, &mut dice));
    let performance = task::spawn(Arc::clone(&stage).perform(play));
    journal.begin(stage);
    while !performance.is_finished() {
        if let Some(stuck) = journal.stuck() {
            // Ends the run and leaves all tasks where they are: their own ends could be stuck as well.
            std::panic::resume_unwind(Box::new(stuck));
        }
        thread::yield_now();
    }
    journal.end(entry.promises);
}

impl Traffic {
    /// Adds what was done under other schedules.
    pub fn add(&mut self, other: &Traffic) {
        self.schedules += other.schedules;
        self.operations += other.operations;
        self.overlapping += other.overlapping;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.reads += other.reads;
        self.steps_max = self.steps_max.max(other.steps_max);
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { entry, scenario, seed, schedule, found, history } = self;
        writeln!(f, "{entry}::{scenario}, schedule {schedule} of seed {seed}: {found}")?;
        writeln!(f, "{history}")?;
        write!(
            f,
            "run it again: HOTROW_SEED={seed} cargo schedules -- {entry}::{scenario} --schedule {schedule}"
        )
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stuck::Deadlock => write!(f, "nobody can go on, and somebody still waits"),
            Stuck::Livelock => write!(f, "no end after {STEPS_MAX} steps"),
        }
    }
}
