//! What `hotrow run` takes: a cell, a plan, and where results go.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::{seed, whole};
use crate::{
    cli::{
        failure::Failure,
        plan::{
            clients,
            draft::{self, Draft, USERS_MAX, WORK_MAX},
        },
    },
    database::Latency,
    engine::Clients,
    workload::{Arrivals, Keys, Mix},
};

/// The most blocks: at a tenth of a second and a dozen strategies, twenty minutes.
pub(in crate::cli) const BLOCKS_MAX: i64 = 1_000;

/// The most fresh processes of one run.
pub(in crate::cli) const PROCESSES_MAX: i64 = 64;

pub(super) const RUN_HELP: &str = "\
One cell is measured: a store, a number of users, clients, and what they ask.
Strategies run in blocks, each block all of them once in a new order. With them
run a twin, which is one of them once more and shows how far identical code
comes out from itself, and the limits `fetch-add` and `null`.

Examples:
  hotrow run                               all strategies on one hot row
  hotrow run --profile standard            thirty cells, in under ten minutes
  hotrow run cas mutex --sweep users=1,16,256
  hotrow run --rate 50k --clients tasks:8  response under a promised rate
  hotrow run mutex cas queue --blocks 20   a closer look at three
  hotrow run --clients tasks:64            tasks of a runtime and not threads
  hotrow run --store tables --clients tasks:32 --latency assignment
  hotrow run --format csv > rounds.csv     one row for each measurement
  hotrow run --results results/laptop/hot  env.json and rounds.csv, for reports
  hotrow run cas --record cas.jsonl        a history for other checkers";

/// Cells.
#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    /// Strategies to compare [default: all of the store]
    pub(in crate::cli) strategies: Vec<String>,
    /// Where the accounts live: slab is memory, calls of
    /// tables take time [default: slab]
    #[arg(long, verbatim_doc_comment, help_heading = CELL)]
    store: Option<String>,
    /// Accounts [default: 1]
    #[arg(long, allow_negative_numbers = true, value_parser = whole(1..=USERS_MAX), help_heading = CELL)]
    users: Option<u64>,
    /// How often each is asked for: uniform, zipf:0.99,
    /// or hot:10@90 (10 of them in 90 % of requests)
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = CELL)]
    keys: Option<Keys>,
    /// Who asks: threads:2 or tasks:64 [default: a thread
    /// for each core; where there is latency, tasks:32]
    #[arg(long, allow_hyphen_values = true, value_name = "KIND:COUNT", value_parser = clients::parse, verbatim_doc_comment, help_heading = CELL)]
    clients: Option<Clients>,
    /// Shares of requests in per cent, or balanced,
    /// write-only, read-heavy, drain, fill
    /// [default: charge:50,use:50,read:0]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = CELL)]
    mix: Option<Mix>,
    /// Pause of a client after each answer, as 20us
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = draft::think, help_heading = CELL)]
    think: Option<std::time::Duration>,
    /// How much longer a command takes to decide, in
    /// rounds of a hash, 1 to 2 ns each
    #[arg(long, value_name = "ROUNDS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=i64::from(WORK_MAX)), verbatim_doc_comment, help_heading = CELL)]
    work: Option<u32>,
    /// Keep no ledgers; the replies alone are audited
    #[arg(long, help_heading = CELL)]
    no_history: bool,
    /// How long calls of tables take, in simulated time:
    /// none, fixed:5ms, scaled:0.1, assignment
    /// [default: assignment]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = CELL)]
    latency: Option<Latency>,
    /// Promise so many requests a second, as 50k, whether
    /// or not somebody is answered
    #[arg(long, allow_hyphen_values = true, value_name = "PER_SECOND", value_parser = draft::rate, verbatim_doc_comment, help_heading = CELL)]
    rate: Option<f64>,
    /// How these lie, one schedule for all clients:
    /// poisson, constant, burst:32 [default: poisson]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = CELL)]
    arrivals: Option<Arrivals>,
    /// Measure a plan by its name: quick, standard,
    /// thorough, assignment, or one of hotrow.toml
    #[arg(long, value_name = "NAME", verbatim_doc_comment, help_heading = PLAN, conflicts_with_all = CELL_FLAGS)]
    #[arg(conflicts_with_all = ["workload", "sweep"])]
    pub(in crate::cli) profile: Option<String>,
    /// Take the cells of a workload by its name
    #[arg(long, value_name = "NAME", help_heading = PLAN, conflicts_with_all = CELL_FLAGS)]
    pub(in crate::cli) workload: Option<String>,
    /// Measure one cell for each value of a part, as
    /// users=1,16,256, and tell where the lead changes
    #[arg(long, value_name = "PART=V,V", verbatim_doc_comment, help_heading = PLAN)]
    pub(in crate::cli) sweep: Option<String>,
    /// Only cells that have this in their name
    #[arg(long, value_name = "TEXT", help_heading = PLAN)]
    pub(in crate::cli) only: Option<String>,
    /// Where plans and workloads are defined
    /// [default: hotrow.toml, if it is there]
    #[arg(long, value_name = "FILE", verbatim_doc_comment, help_heading = PLAN)]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Repetitions; ranks need 6 [default: 10]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=BLOCKS_MAX), help_heading = PLAN)]
    pub(in crate::cli) blocks: Option<u32>,
    /// Repeat all of it in so many fresh processes
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=PROCESSES_MAX), help_heading = PLAN)]
    pub(in crate::cli) processes: Option<u32>,
    /// Also record a short run of each strategy, every
    /// request with its times, and write it to FILE
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(in crate::cli) record: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

const CELL: &str = "What is asked";
const PLAN: &str = "How often, and for what values";
const CELL_FLAGS: [&str; 11] = [
    "store",
    "users",
    "keys",
    "clients",
    "mix",
    "think",
    "work",
    "no_history",
    "latency",
    "rate",
    "arrivals",
];

impl Run {
    /// The cell that the flags describe.
    pub(in crate::cli) fn draft(&self) -> Result<Draft, Failure> {
        Ok(Draft {
            store: self.store.as_deref().map(draft::store).transpose()?,
            users: self.users,
            keys: self.keys,
            clients: self.clients,
            mix: self.mix,
            think: self.think,
            work: self.work,
            history: self.no_history.then_some(false),
            latency: self.latency,
            arrivals: self.arrivals,
            rate: self.rate,
        })
    }
}

/// Where results go, and what they are drawn from.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Output {
    /// What randomness is drawn from
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(in crate::cli) seed: u64,
    /// What to print: table (rankings), json (rankings,
    /// machine) or csv (measurements) [default: table]
    #[arg(long, value_enum, default_value_t = Format::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(in crate::cli) format: Format,
    /// Also write the rows to FILE
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) export_csv: Option<PathBuf>,
    /// Also write the rankings to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) export_json: Option<PathBuf>,
    /// Also write the rankings to FILE, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) export_markdown: Option<PathBuf>,
    /// Also keep everything in DIR, row by row as it is
    /// measured, such as results/laptop/quick
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    pub(in crate::cli) results: Option<PathBuf>,
    /// Go on with what DIR has of a stopped run
    #[arg(long, requires = "results")]
    pub(in crate::cli) resume: bool,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results", conflicts_with = "resume")]
    pub(in crate::cli) overwrite: bool,
    /// Measure as this process of several, and tell each
    /// round to the one that started it
    #[arg(long, value_name = "PROCESS", hide = true, verbatim_doc_comment)]
    pub(in crate::cli) stream: Option<u32>,
}

impl Output {
    /// A table and nothing else.
    pub(in crate::cli) fn table() -> Output {
        Output {
            seed: 1,
            format: Format::Table,
            export_csv: None,
            export_json: None,
            export_markdown: None,
            results: None,
            resume: false,
            overwrite: false,
            stream: None,
        }
    }
}

/// Sentences and tables, a row for each measurement, or the environment and the rankings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Table,
    Csv,
    Json,
}
