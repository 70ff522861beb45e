//! What can be typed, with the help that explains it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{database::Latency, engine::Clients, workload::Mix};

/// The most users that can be asked for: a row each has to fit in memory.
pub(super) const USERS_MAX: u64 = 1_000_000;

/// The most blocks: at a tenth of a second and a dozen strategies, twenty minutes.
pub(super) const BLOCKS_MAX: i64 = 1_000;

const HELP: &str = "\
Compares ways to make read-decide-write safe on a contended row: locks, queues,
compare-and-set, actors. Every measurement is audited, entry by entry, and what
is wrong is never ranked.

Without a command, `hotrow` runs the quick comparison, which takes under a
minute: every strategy on one hot row, on 1,024 rows, and on the slow tables.";

const AFTER_HELP: &str = "\
How to read a table:
  #            rank; equal numbers are ties, `-` is not ranked
  vs mutex     median of the ratios of each block, with its 95 % interval
  p50 .. max   service time in a closed loop; `<= floor`: no longer than
               answering nothing takes
  fair         what the slowest client completed, as a share of the mean
  books        what the audit found, and how many ledger entries it replayed

Examples:
  hotrow                                   the quick comparison
  hotrow run mutex cas --clients threads:4
  hotrow run --users 1024 --mix charge:45,use:45,read:10
  hotrow list                              what there is to compare

Exit codes:
  0    done, and whatever claims to be sound is
  1    something else failed, or `report --check` found a stale page
  2    asked for something that cannot be, told in one line; nothing was measured
       (a file that cannot be written is one such thing)
  3    a strategy that claims to be sound was found wrong
  130  stopped by Ctrl-C or SIGTERM; what was measured is shown, saved and
       marked partial (a second one stops at once and saves nothing)";

const RUN_HELP: &str = "\
Measures one cell: a store, a number of users, clients and what they ask for.

Strategies run in blocks, each block all of them once in a new order. With them
run a twin, which is one of them once more and shows how far identical code
comes out from itself, and the limits `fetch-add` and `null`.";

const RUN_AFTER_HELP: &str = "\
Examples:
  hotrow run                               all strategies on one hot row
  hotrow run mutex cas queue --blocks 20   a closer look at three
  hotrow run --clients tasks:64            tasks of a runtime and not threads
  hotrow run --store tables --clients tasks:32 --latency assignment
  hotrow run --format csv > rounds.csv     one row for each measurement
  hotrow run --results results/laptop/hot  env.json and rounds.csv, for reports";

/// All of it.
#[derive(Debug, Parser)]
#[command(
    name = "hotrow",
    version,
    about = HELP,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
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
    /// Measure what you choose, as long as you choose
    #[command(about = "Measure what you choose", long_about = RUN_HELP, after_help = RUN_AFTER_HELP)]
    Run(Run),
    /// Show strategies, stores and promises
    List(List),
    /// Write the computed blocks of REPORT.md and README.md anew
    Report(Report),
}

/// One cell.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Strategies to compare [default: all that run on the store]
    pub(super) strategies: Vec<String>,
    /// Where the accounts live: slab (memory) or tables (calls take time)
    #[arg(long, default_value = "slab")]
    pub(super) store: String,
    /// Accounts that are asked for, each as often as any other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=USERS_MAX))]
    pub(super) users: u64,
    /// Who asks: threads:2 or tasks:64 [default: threads, as many as cores;
    /// on a store with latency tasks:32]
    #[arg(long, value_name = "KIND:COUNT", value_parser = super::clients::parse, verbatim_doc_comment)]
    pub(super) clients: Option<Clients>,
    /// Shares of requests in per cent
    #[arg(long, default_value_t = Mix::BALANCED)]
    pub(super) mix: Mix,
    /// How long calls of the tables take, on a simulated clock: none,
    /// fixed:5ms, scaled:0.1 or assignment [default: assignment on tables]
    #[arg(long, verbatim_doc_comment)]
    pub(super) latency: Option<Latency>,
    /// Repetitions; intervals and ranks need 6
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=BLOCKS_MAX))]
    pub(super) blocks: u32,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Where results go, and what they are drawn from.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// What scripts, orders and latencies are drawn from
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Also write one CSV row for each measurement to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) export_csv: Option<PathBuf>,
    /// Also save env.json and rounds.csv in DIR, for example
    /// results/laptop/quick, where `hotrow report` finds them
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    pub(super) results: Option<PathBuf>,
}

/// A way to print results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Sentences and tables, as wide as the terminal
    Table,
    /// One row for each measurement
    Csv,
    /// The environment and the rankings
    Json,
}

/// The registry.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to print
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

/// A way to print the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A table
    Table,
    /// An array of objects
    Json,
}

/// Pages.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Write nothing, and exit with 1 if a page is stale
    #[arg(long)]
    pub(super) check: bool,
    /// Where runs are saved, as MACHINE/RUN
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) results: PathBuf,
    /// Pages with blocks between BEGIN generated:NAME and END generated:NAME
    #[arg(value_name = "PAGE", default_values = ["README.md", "REPORT.md"])]
    pub(super) pages: Vec<PathBuf>,
}
