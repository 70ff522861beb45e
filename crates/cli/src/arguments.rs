//! The command line as a whole: its sub-commands, its help and its exit codes.
//!
//! The arguments and the help of a sub-command are in the file of that sub-command.

use clap::{Parser, Subcommand};

use super::{
    capacity::{CAPACITY_HELP, Capacity},
    check_history::{CHECK_HISTORY_HELP, CheckHistory},
    compare::{COMPARE_HELP, Compare},
    demo::{DEMO_HELP, Demo},
    doctor::{DOCTOR_HELP, Doctor},
    list::List,
    manual::Completions,
    output::Output,
    rank::{RANK_HELP, Rank},
    report::{REPORT_HELP, Report},
    run::{RUN_HELP, Run},
    serve::{SERVE_HELP, Serve},
    verify::{VERIFY_HELP, Verify},
};

const HELP: &str = "\
Compares strategies that make read-decide-write safe on a contended row: locks,
a combining queue, compare-and-set, actors. Every measurement is audited, reply
by reply and ledger entry by ledger entry, and a violation is never ranked.

Without a command, `hotrow` runs the quick comparison, which takes under a
minute: every strategy on one hot row, on 1,024 rows, and on a simulated slow
store.";

const AFTER_HELP: &str = "\
How to read a table:
  #            rank. Contenders of one rank were not found slower than its
               first; `-` is not ranked; `sat` is saturated: it did not achieve
               the offered load
  vs mutex     ratio to the baseline within each block: median [95 % interval]
  p50 .. max   service time of a closed loop, response time of an open loop;
               `<= noop`: not longer than the no-op reference takes
  fair         requests of the slowest client, as a share of the mean
  audit        pass, violation or not audited, and the ledger entries audited

A FILE is replaced as a whole. Symbolic links are followed, a FIFO or a device
is written to, and `-` is standard output, in place of the table.

Examples:
  hotrow                                   the quick comparison
  hotrow run mutex cas --clients threads:4
  hotrow run --users 1024 --mix charge:45,use:45,read:10
  hotrow run --profile standard            33 scenarios, for a report
  hotrow capacity --slo 'p99<1ms'          the most requests a second within it
  hotrow list                              strategies, stores, guarantees
  hotrow verify                            check every strategy
  hotrow doctor                            is this machine fit to measure on?
  hotrow serve                             the point service over HTTP
  hotrow check-history recorded.jsonl      is this history linearizable?

Exit codes:
  0    done, and no strategy that claims linearizability violated it
  1    failed, or `report --check` found a stale page
  2    wrong usage, such as a file that cannot be written: one line says why,
       and nothing was measured
  3    a strategy that claims linearizability violated it, or a history is
       not linearizable
  4    `compare` found a regression beyond --fail-above
  5    nothing counted: interference excluded most blocks of every scenario,
       so nothing is ranked or compared
  130  stopped by Ctrl-C or SIGTERM. What was measured is shown, marked partial,
       and replaces no complete run: under --results it is kept beside it. A
       second Ctrl-C ends at once and saves nothing";

/// The command line.
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

/// The sub-commands. Without one, the quick comparison runs.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure strategies in a scenario, a plan or a sweep
    #[command(after_help = RUN_HELP)]
    Run(Box<Run>),
    /// Find the most requests a second within an SLO
    #[command(after_help = CAPACITY_HELP)]
    Capacity(Box<Capacity>),
    /// Serve the point service over HTTP
    #[command(after_help = SERVE_HELP)]
    Serve(Serve),
    /// List strategies with their stores and guarantees
    List(List),
    /// Compare two runs
    #[command(after_help = COMPARE_HELP)]
    Compare(Compare),
    /// Rank strategies over all scenarios of several runs
    #[command(after_help = RANK_HELP)]
    Rank(Rank),
    /// Examine whether this machine is fit to measure on
    #[command(after_help = DOCTOR_HELP)]
    Doctor(Doctor),
    /// Check strategies against the contract, with counter-examples
    #[command(after_help = VERIFY_HELP)]
    Verify(Verify),
    /// Check recorded histories for linearizability
    #[command(after_help = CHECK_HISTORY_HELP)]
    CheckHistory(CheckHistory),
    /// Demonstrate a measurement error
    #[command(after_help = DEMO_HELP)]
    Demo(Demo),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, for `hotrow man | man -l -`
    Man,
    /// Update the generated blocks of REPORT.md and README.md
    #[command(after_help = REPORT_HELP)]
    Report(Report),
}
