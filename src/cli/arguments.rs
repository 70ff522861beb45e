//! What can be typed, with the help that explains it.

mod audit;
mod check;
mod demo;
mod run;
mod saved;
mod values;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::{
    audit::AUDIT_HELP,
    check::{CHECK_HELP, DOCTOR_HELP},
    demo::DEMO_HELP,
    run::RUN_HELP,
    saved::{COMPARE_HELP, REPORT_HELP},
};
pub(super) use self::{
    audit::{Audit, FailedSet, Model},
    check::{Check, Doctor},
    demo::{Demo, Mistake},
    run::{BLOCKS_MAX, Format, Output, PROCESSES_MAX, Run},
    saved::{Compare, Rank, Report},
};
use super::serve::{SERVE_HELP, Serve};

const HELP: &str = "\
Compares ways to make read-decide-write safe on a contended row: locks, queues,
compare-and-set, actors. Every measurement is audited, every reply and every
entry, and what is wrong is never ranked.

Without a command, `hotrow` runs the quick comparison, which takes under a
minute: every strategy on one hot row, on 1,024 rows, and on the slow tables.";

const AFTER_HELP: &str = "\
How to read a table:
  #            rank; equal numbers are ties, `-` is not ranked, `sat` did not
               keep the rate that was promised
  vs mutex     median of the ratios of each block, with its 95 % interval
  p50 .. max   service time in a closed loop; `<= floor`: no longer than
               answering nothing takes
  fair         what the slowest client completed, as a share of the mean
  books        what the audit found, and how many ledger entries it replayed

A FILE that is written is replaced whole. Links are followed, and a FIFO or a
device is written into; `-` is standard output, in place of the table.

Examples:
  hotrow                                   the quick comparison
  hotrow run mutex cas --clients threads:4
  hotrow run --users 1024 --mix charge:45,use:45,read:10
  hotrow run --profile standard            thirty cells, for a report
  hotrow list                              what there is to compare
  hotrow serve                             the point service, over HTTP
  hotrow doctor                            whether this machine can tell
  hotrow check                             whether they are right
  hotrow audit recorded.jsonl              whether a history has an order

Exit codes:
  0    done, and whatever claims to be sound is
  1    something else failed, or `report --check` found a stale page
  2    asked for what cannot be, such as a file that cannot be written: told in
       one line, and nothing was measured
  3    a strategy that claims to be sound was found wrong, or an audited history
       impossible
  4    `compare` found something worse by more than --fail-above
  130  stopped by Ctrl-C or SIGTERM; what was measured is shown and marked
       partial, and replaces no run or file that is whole: under --results it
       is kept beside it (a second one ends at once and saves nothing)";

/// All of it.
#[derive(Debug, Parser)]
#[command(
    name = "hotrow",
    version,
    about = HELP,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What to do other than the quick comparison.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure what you choose
    #[command(after_help = RUN_HELP)]
    Run(Box<Run>),
    /// Serve points over HTTP, behind a strategy of your choice
    #[command(after_help = SERVE_HELP)]
    Serve(Serve),
    /// Show strategies, stores and promises
    List(List),
    /// Compare two runs
    #[command(after_help = COMPARE_HELP)]
    Compare(Compare),
    /// Rank strategies over all cells of several runs
    Rank(Rank),
    /// Look whether this machine is fit to measure on
    #[command(after_help = DOCTOR_HELP)]
    Doctor(Doctor),
    /// Prove strategies right, or show how they are not
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Find out whether recorded histories have an order
    #[command(after_help = AUDIT_HELP)]
    Audit(Audit),
    /// Make a mistake of measuring, to see what comes of it
    #[command(after_help = DEMO_HELP)]
    Demo(Demo),
    /// Print a script that completes commands in a shell
    Completions(Completions),
    /// Print the manual, as `hotrow man | man -l -`
    Man,
    /// Write the computed blocks of REPORT.md and README.md anew
    #[command(after_help = REPORT_HELP)]
    Report(Report),
}

/// The registry.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to print: table or json [default: table]
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(super) format: ListFormat,
}

/// A table for people, or an array of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Table,
    Json,
}

/// A shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell: bash, zsh, fish, elvish or powershell
    #[arg(value_enum, hide_possible_values = true)]
    pub(super) shell: clap_complete::Shell,
}
