//! What can be typed, with the help that explains it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    failure::Failure,
    plan::{
        clients,
        draft::{self, Draft, USERS_MAX, WORK_MAX},
    },
    serve::{SERVE_HELP, Serve},
};
use crate::{
    database::Latency,
    engine::Clients,
    linearizability::Budget,
    workload::{Arrivals, Keys, Mix},
};

/// The most blocks: at a tenth of a second and a dozen strategies, twenty minutes.
pub(super) const BLOCKS_MAX: i64 = 1_000;

/// The most fresh processes of one run.
pub(super) const PROCESSES_MAX: i64 = 64;

/// The most schedules that can be asked for: hours.
pub(super) const SCHEDULES_MAX: u64 = 1_000_000;

/// The longest look at a machine: what is not seen in a minute comes too seldom to matter.
const SECONDS_MAX: u64 = 60;

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

const RUN_HELP: &str = "\
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

const CHECK_HELP: &str = "\
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

const DOCTOR_HELP: &str = "\
A loop on every processor finds out who else runs, and probes what the clock,
sleeping and waking another thread cost. `!!` makes results wrong or wide, and
there is something to do about it; `!` belongs beside them.

Examples:
  hotrow doctor                            before a run that is to be kept
  hotrow doctor --seconds 10 --json        a longer look, for a program

Exit codes:
  0    it looked, whatever it found";

const AUDIT_HELP: &str = "\
A history is linearizable if every operation seems to happen at one moment
between its call and its return. If none of the orders that respect real time
explains what clients saw, it is impossible, and the first operation that has no
place is shown.

Read are our own format, EDN as Jepsen and Knossos keep it, and the text of
Jepsen's logs, each also packed by gzip. Format and object are seen from the
file; docs/HISTORY_FORMAT.md describes them.

Jepsen's :fail says that an operation did not happen. A client that found no
leader says the same as one that found another value, so a failed :cas says
nothing about the register. --failed-cas observed finds more, and is right only
where :fail means nothing else.

Examples:
  hotrow audit recorded.jsonl              point accounts, in our own format
  hotrow audit store/etcd/latest/history.edn      what Jepsen left
  hotrow audit --failed-cas observed etcd.log     as Porcupine judges it
  hotrow audit --model kv - < kv.txt       nothing but a store of texts

A history is impossible as soon as one of its keys or users is. It is undecided
if none is and the search of one ran out of steps, memory or time.

Exit codes, the worst of all files:
  0    every history is linearizable
  1    a file cannot be read, or a history is undecided
  2    a file is malformed: its line is named, and the rest is not audited
  3    a history is impossible";

const DEMO_HELP: &str = "\
omission  The mutex stalls for 20 ms in every 250. Clients that wait for their
          answers hardly see it, since they do not ask while they wait; of
          requests that come anyway it is most of the tail. One minute.
order     Identical code is measured one after the other, and in shuffled
          blocks. What the machine does meanwhile is a difference in the one
          and cancels in the other. Under two minutes.

With --results DIR, `order` keeps its rows in DIR-one-by-one and DIR-shuffled;
their column `process` is the repetition of the pair.";

const COMPARE_HELP: &str = "\
Rates of two runs are minutes or weeks apart, and what the machine did between
them is in every difference: the line of `null`, which answers nothing, shows
how much. Ratios to the baseline were taken within the blocks of each run, and
are what should be the same in both.

Examples:
  hotrow compare results/laptop/before results/laptop/after
  hotrow compare before.csv after.csv --fail-above 10%

Exit codes:
  0    compared
  1    a run could not be read, they share no cell, or are of two machines
  4    something got worse by more than --fail-above, beyond doubt";

const REPORT_HELP: &str = "\
A block `plot RUN NAME` of a page shows a chart. Its picture is written to
RESULTS/RUN/plots/NAME.svg, and is stale like a page if it is not what the rows
say, or if no page shows it.

Examples:
  hotrow report                            after a run, or to see what changed
  hotrow report --check                    in a test
  hotrow report --html run.html            the latest run, to look around in
  hotrow report --html run.html laptop/hot another, by its place below results

Exit codes:
  0    done
  1    a page or a picture is stale, or could not be read or written";

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

/// Cells.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Strategies to compare [default: all of the store]
    pub(super) strategies: Vec<String>,
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
    pub(super) profile: Option<String>,
    /// Take the cells of a workload by its name
    #[arg(long, value_name = "NAME", help_heading = PLAN, conflicts_with_all = CELL_FLAGS)]
    pub(super) workload: Option<String>,
    /// Measure one cell for each value of a part, as
    /// users=1,16,256, and tell where the lead changes
    #[arg(long, value_name = "PART=V,V", verbatim_doc_comment, help_heading = PLAN)]
    pub(super) sweep: Option<String>,
    /// Only cells that have this in their name
    #[arg(long, value_name = "TEXT", help_heading = PLAN)]
    pub(super) only: Option<String>,
    /// Where plans and workloads are defined
    /// [default: hotrow.toml, if it is there]
    #[arg(long, value_name = "FILE", verbatim_doc_comment, help_heading = PLAN)]
    pub(super) config: Option<PathBuf>,
    /// Repetitions; ranks need 6 [default: 10]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=BLOCKS_MAX), help_heading = PLAN)]
    pub(super) blocks: Option<u32>,
    /// Repeat all of it in so many fresh processes
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=PROCESSES_MAX), help_heading = PLAN)]
    pub(super) processes: Option<u32>,
    /// Also record a short run of each strategy, every
    /// request with its times, and write it to FILE
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(super) record: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
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
    pub(super) fn draft(&self) -> Result<Draft, Failure> {
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
pub(super) struct Output {
    /// What randomness is drawn from
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// What to print: table (rankings), json (rankings,
    /// machine) or csv (measurements) [default: table]
    #[arg(long, value_enum, default_value_t = Format::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(super) format: Format,
    /// Also write the rows to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) export_csv: Option<PathBuf>,
    /// Also write the rankings to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) export_json: Option<PathBuf>,
    /// Also write the rankings to FILE, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(super) export_markdown: Option<PathBuf>,
    /// Also keep everything in DIR, row by row as it is
    /// measured, such as results/laptop/quick
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    pub(super) results: Option<PathBuf>,
    /// Go on with what DIR has of a stopped run
    #[arg(long, requires = "results")]
    pub(super) resume: bool,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results", conflicts_with = "resume")]
    pub(super) overwrite: bool,
    /// Measure as this process of several, and tell each
    /// round to the one that started it
    #[arg(long, value_name = "PROCESS", hide = true, verbatim_doc_comment)]
    pub(super) stream: Option<u32>,
}

impl Output {
    /// A table and nothing else.
    pub(super) fn table() -> Output {
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
pub(super) enum Format {
    Table,
    Csv,
    Json,
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

/// Two runs.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The earlier run: its directory, or a CSV file
    pub(super) before: PathBuf,
    /// The later run
    pub(super) after: PathBuf,
    /// Exit with 4 if anything got worse by more than this,
    /// as 10%, and that is beyond doubt
    #[arg(long, allow_hyphen_values = true, value_name = "SHARE", value_parser = share, verbatim_doc_comment)]
    pub(super) fail_above: Option<f64>,
    /// Compare them even if they are of two machines
    #[arg(long)]
    pub(super) across_machines: bool,
}

/// Runs to rank over.
#[derive(Debug, Args)]
pub(super) struct Rank {
    /// Directories of runs, or CSV files
    #[arg(value_name = "RUN", required = true)]
    pub(super) runs: Vec<PathBuf>,
    /// Print Markdown
    #[arg(long)]
    pub(super) markdown: bool,
}

/// Reads a whole number within these bounds, and says so of any other.
fn whole(range: std::ops::RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("give {} to {}", range.start(), range.end())),
    }
}

/// Reads what randomness is drawn from.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give 0 to {}", u64::MAX))
}

/// Reads a share such as `10%` or `0.1`.
fn share(text: &str) -> Result<f64, String> {
    let (digits, whole) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 100.0));
    match digits.trim().parse::<f64>() {
        Ok(share) if share.is_finite() && share >= 0.0 => Ok(share / whole),
        _ => Err("write it as 10% or 0.1".to_owned()),
    }
}

/// The machine.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// How long to look, with all processors busy
    #[arg(long, value_name = "N", default_value_t = 2, allow_negative_numbers = true, value_parser = whole(1..=SECONDS_MAX))]
    pub(super) seconds: u64,
    /// Print an object
    #[arg(long)]
    pub(super) json: bool,
}

/// Strategies to prove.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Strategies [default: all that claim to be sound]
    pub(super) strategies: Vec<String>,
    /// Only on this store
    #[arg(long)]
    pub(super) store: Option<String>,
    /// Schedules for each property left to chance
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = whole(1..=SCHEDULES_MAX))]
    pub(super) schedules: u64,
    /// The seed of the first schedule
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// Also hold everything against what is wrong on purpose,
    /// which is to be caught and is no failure
    #[arg(long, verbatim_doc_comment)]
    pub(super) with_controls: bool,
    /// Keep what was found in DIR, such as results/laptop/proof
    #[arg(long, value_name = "DIR")]
    pub(super) results: Option<PathBuf>,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results")]
    pub(super) overwrite: bool,
    /// Print an object, with every counter-example
    #[arg(long)]
    pub(super) json: bool,
}

/// Histories.
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// What was recorded; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// What histories must be of: account, register, kv or
    /// bank [default: what each file has in it]
    #[arg(long, value_enum, hide_possible_values = true, verbatim_doc_comment)]
    pub(super) model: Option<Model>,
    /// What a compare-and-set that failed says: ignored
    /// (nothing, as Jepsen means it) or observed (that the
    /// register held something else, as Porcupine has it)
    /// [default: ignored]
    #[arg(long, value_enum, value_name = "MEANS", default_value_t = FailedSet::Ignored)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(super) failed_cas: FailedSet,
    /// Let balances of a bank be below zero
    #[arg(long)]
    pub(super) overdraft: bool,
    /// Steps of the search of a history, all of its keys
    /// or users together [default: 10000000]
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = whole(1..=u64::MAX))]
    #[arg(allow_negative_numbers = true, hide_default_value = true, verbatim_doc_comment)]
    max_steps: u64,
    /// Memory of that search in MiB [default: 1024]
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = whole(1..=1 << 24))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_mib: u64,
    /// Seconds of that search [default: 60]
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = whole(1..=1_000_000))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_seconds: u64,
    /// Print an array of objects
    #[arg(long)]
    pub(super) json: bool,
}

impl Audit {
    /// What the search of a history may use before it is given up.
    pub(super) fn budget(&self) -> Budget {
        Budget {
            steps: usize::try_from(self.max_steps).unwrap_or(usize::MAX),
            bytes: usize::try_from(self.max_mib << 20).unwrap_or(usize::MAX),
            time: std::time::Duration::from_secs(self.max_seconds),
        }
    }
}

/// What a history can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Model {
    Account,
    Register,
    Kv,
    Bank,
}

/// What a compare-and-set that failed says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailedSet {
    Ignored,
    Observed,
}

/// A shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell: bash, zsh, fish, elvish or powershell
    #[arg(value_enum, hide_possible_values = true)]
    pub(super) shell: clap_complete::Shell,
}

/// A demonstration.
#[derive(Debug, Clone, Args)]
pub(super) struct Demo {
    /// omission: to wait for answers before asking again;
    /// order: to measure one thing after the other
    #[arg(value_enum, hide_possible_values = true, verbatim_doc_comment)]
    pub(super) mistake: Mistake,
    /// What randomness is drawn from
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// Also keep the rows in DIR
    #[arg(long, value_name = "DIR")]
    pub(super) results: Option<PathBuf>,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results")]
    pub(super) overwrite: bool,
}

/// What can be done wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mistake {
    Omission,
    Order,
}

/// Pages.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Write nothing, and exit with 1 if a page is stale
    #[arg(long)]
    pub(super) check: bool,
    /// Where runs are, as MACHINE/RUN
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) results: PathBuf,
    /// Write no page, but every chart and table of one run
    /// to FILE, for a browser; the latest, if none is named
    #[arg(long, value_names = ["FILE", "RUN"], num_args = 1..=2, verbatim_doc_comment)]
    #[arg(conflicts_with_all = ["check", "pages"])]
    pub(super) html: Option<Vec<PathBuf>>,
    /// Pages with blocks in them
    #[arg(value_name = "PAGE", default_values = ["README.md", "REPORT.md"])]
    pub(super) pages: Vec<PathBuf>,
}
