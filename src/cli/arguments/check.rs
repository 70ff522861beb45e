//! What `hotrow check` and `hotrow doctor` take: strategies to prove, and the machine to look at.

use std::path::PathBuf;

use clap::Args;

use super::values::{seed, whole};

/// The most schedules that can be asked for: hours.
const SCHEDULES_MAX: u64 = 1_000_000;

/// The longest look at a machine: what is not seen in a minute comes too seldom to matter.
const SECONDS_MAX: u64 = 60;

pub(super) const CHECK_HELP: &str = "\
Each property that a strategy promises is held against it on a store that steps
aside in the middle of every step, on one that takes its time, and on
threads. Where chance decides who goes on it is drawn from the seed, and what
clients saw is judged by two checkers that share nothing but the rules.

Examples:
  hotrow check                             all that claim to be sound
  hotrow check cas queue --schedules 2000  a closer look at two
  hotrow check unguarded                   what a counter-example looks like
  hotrow check --with-controls --results results/laptop/proof
                                           env.json and checks.csv, for reports
  hotrow check cas --seed 17 --schedules 1 one schedule, again

Exit codes:
  0    nothing is wrong with any of them
  3    something is: the table says what, a counter-example how";

pub(super) const DOCTOR_HELP: &str = "\
A loop on every processor finds out who else runs, and probes what the clock,
sleeping and waking another thread cost. `!!` makes results wrong or wide, and
there is something to do about it; `!` belongs beside them.

Examples:
  hotrow doctor                            before a run that is to be kept
  hotrow doctor --seconds 10 --json        a longer look, for a program

Exit codes:
  0    it looked, whatever it found";

/// Strategies to prove.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Strategies [default: all that claim to be sound]
    pub(in crate::cli) strategies: Vec<String>,
    /// Only on this store
    #[arg(long)]
    pub(in crate::cli) store: Option<String>,
    /// Schedules for each property left to chance
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = whole(1..=SCHEDULES_MAX))]
    pub(in crate::cli) schedules: u64,
    /// The seed of the first schedule
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(in crate::cli) seed: u64,
    /// Also hold everything against what is wrong on purpose,
    /// which is to be caught and is no failure
    #[arg(long, verbatim_doc_comment)]
    pub(in crate::cli) with_controls: bool,
    /// Keep what was found in DIR, such as results/laptop/proof
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) results: Option<PathBuf>,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results")]
    pub(in crate::cli) overwrite: bool,
    /// Print an object, with every counter-example
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// The machine.
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// How long to look, with all processors busy
    #[arg(long, value_name = "N", default_value_t = 2, allow_negative_numbers = true, value_parser = whole(1..=SECONDS_MAX))]
    pub(in crate::cli) seconds: u64,
    /// Print an object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
