//! Random schedules of a strategy, each of which can run again alone.
//!
//! A race needs one task to stop at one place while another continues. On real threads this depends
//! on luck. Built with `--cfg shuttle`, every use of a lock or an atomic is a point at which a
//! seeded scheduler chooses the next task. Thousands of interleavings of the same few commands run
//! in a second, and each has a number. After each the complete evidence is judged.
//!
//! A schedule in which no task can run is a deadlock. One of more than [`STEPS_MAX`] steps counts
//! as a livelock: tasks are drawn uniformly, so a loop that waits for a runnable task ends soon.
//!
//! Schedules cannot show the effects of orderings weaker than the strongest, of a step inside a
//! library that is not taken from [`sync`](hotrow::sync), or of more than a dozen commands.

mod clock;
mod dice;
mod fault;
mod format;
mod journal;
mod judge;
mod play;
mod runner;
mod workflows;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};

use self::{dice::RandomScheduler, journal::EventLog, runner::ScheduleRunner};
pub use self::{
    play::{Program, Workflow},
    workflows::WORKFLOWS,
};
use crate::{contract::Candidate, contract::schedules::journal::NoProgress};
use hotrow::sync::task;

/// Steps after which a schedule counts as endless. The longest of 300,000 schedules of correct
/// strategies took 1,240.
pub const STEPS_MAX: u64 = 50_000;

/// Bytes of stack for each task. Untouched pages cost nothing.
const STACK_BYTES: usize = 1 << 18;

/// Which schedules to run.
#[derive(Debug, Clone, Copy)]
pub struct Schedules {
    /// The seed of all schedules.
    pub seed: u64,
    /// The number of the first schedule.
    pub first: u64,
    /// The number of schedules to run.
    pub count: u64,
}

/// The result of an exploration.
#[derive(Debug, Clone, Default)]
pub struct Explored {
    /// Statistics of the schedules without a violation.
    pub traffic: ExplorationStats,
    /// The first violation. No schedule runs after it.
    pub violation: Option<Violation>,
}

/// Counts of the work under some schedules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExplorationStats {
    /// Schedules that were run.
    pub schedules: u64,
    /// Operations that were called.
    pub operations: u64,
    /// Operations that overlapped one of another client on the same user.
    pub overlapping: u64,
    /// Commands that a rule rejected.
    pub refused: u64,
    /// Operations without an answer, which are indeterminate.
    pub unknown: u64,
    /// Reads of a balance or of a ledger.
    pub reads: u64,
    /// Steps of the longest schedule.
    pub steps_max: u64,
}

/// A schedule under which a strategy broke a guarantee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The strategy and its store.
    pub candidate: String,
    /// The workflow.
    pub workflow: &'static str,
    /// The seed of all schedules.
    pub seed: u64,
    /// The number of the schedule.
    pub schedule: u64,
    /// A description of the violation.
    pub found: String,
    /// The requests and replies of the clients, and the ledgers.
    pub history: String,
}

/// Runs `workflow` against `candidate` under each of `schedules`, until one breaks a guarantee.
pub fn explore(
    candidate: &Candidate,
    workflow: &'static Workflow,
    schedules: Schedules,
) -> Explored {
    let log = Arc::new(EventLog::default());
    let scheduler = RandomScheduler::new(schedules, Arc::clone(&log));
    let (candidate, shared_log) = (*candidate, Arc::clone(&log));
    let run = move || run_one(&candidate, workflow, schedules.seed, &shared_log);
    // Unwind safe: after a run that stopped early, only the log is used.
    let ended = catch_unwind(AssertUnwindSafe(|| Runner::new(scheduler, config()).run(run)));
    let panicked = || ended.err().map(|_| "the exploration itself panicked".to_owned());
    let found = log.violation().or_else(panicked);
    let violation = found.map(|found| Violation {
        candidate: format!("{}::{}", candidate.store, candidate.strategy),
        workflow: workflow.name,
        seed: schedules.seed,
        schedule: log.number(),
        found,
        history: log.history(),
    });
    Explored { traffic: log.traffic(), violation }
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    // The scheduler counts the steps.
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// Runs one schedule. The first task only watches: it runs when no other task can.
fn run_one(candidate: &Candidate, workflow: &Workflow, seed: u64, log: &Arc<EventLog>) {
    task::forget_all();
    let mut rng = dice::program_rng(seed, log.number());
    let program = (workflow.play)(&mut rng);
    let runner = Arc::new(ScheduleRunner::open(candidate, &program, &mut rng));
    let run = task::spawn(Arc::clone(&runner).run(program));
    log.begin(runner);
    while !run.is_finished() {
        if let Some(no_progress) = log.check_progress() {
            // Ends the run and leaves all tasks as they are: their destructors could wait as well.
            std::panic::resume_unwind(Box::new(no_progress));
        }
        thread::yield_now();
    }
    log.end(candidate.guarantees);
}

impl ExplorationStats {
    /// Adds the counts of other schedules.
    pub fn add(&mut self, other: &ExplorationStats) {
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
        let Violation { candidate, workflow, seed, schedule, found, history } = self;
        writeln!(f, "{candidate}::{workflow}, schedule {schedule} of seed {seed}: {found}")?;
        writeln!(f, "{history}")?;
        write!(
            f,
            "run it again: HOTROW_SEED={seed} cargo schedules -- {candidate}::{workflow} --schedule {schedule}"
        )
    }
}

impl fmt::Display for NoProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoProgress::Deadlock => write!(f, "deadlock: a task waits, and no task can run"),
            NoProgress::Livelock => write!(f, "livelock: no end after {STEPS_MAX} steps"),
        }
    }
}
