//! Criterion over concurrent clients: every strategy of the registry on memory, with the same
//! charges, uses and mixed requests, by threads and by tasks.
//!
//! A sample is not a loop of requests but a steady window of the engine: clients run through
//! warm-up and window without a pause, and the time of `n` requests is the length of the window
//! times `n` over the requests that it completed. So starting threads is no part of it. The ledger
//! is audited after each sample, and a violation ends the benchmark with an error. The negative
//! control `unsynchronized` is left out: its violation would be the expected result.
//!
//! On one account, `charge` soon reaches the maximum and `use` zero, so most of their requests are
//! rejected: they show the cost of a decision. `mixed` charges as much as it uses, so most of its
//! requests are applied.
//!
//! **What criterion's comparison tells here.** "Change" compares this run with the last one on this
//! disk, or with a saved baseline. It resamples the windows of both runs, so it covers the noise
//! between windows of one process. It does not cover what differs between two processes (where
//! code and memory lie) or two days of a machine, so on a shared machine identical code is often
//! called improved or regressed. It runs one strategy after the other, so a disturbance meets one
//! strategy and not the next. Hence two lines of one report do not rank two strategies.
//!
//! - To rank strategies, in shuffled blocks with A/A controls: `hotrow run`, or
//!   `cargo bench --bench compare`.
//! - To compare two versions of the code: `hotrow compare BEFORE AFTER` of two stored runs.
//!
//! `cargo bench --bench concurrent` takes about two minutes. All flags of criterion work: a word
//! selects benchmarks (`mixed/threads`, `cas`), `--save-baseline NAME` and `--baseline NAME` keep
//! and compare, `--test` makes one window of each. The HTML report is
//! `target/criterion/report/index.html`; every window is also a row in `results/local/concurrent`.

#![expect(clippy::print_stdout, reason = "a benchmark prints where its rows are")]

use std::{
    cell::RefCell,
    path::Path,
    sync::atomic::AtomicBool,
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode, Throughput};
use hotrow::{
    scenario::{Clients, Mix, Scenario},
    strategy::Family,
};
use hotrow_cli::rows::{BUILD, measurement_row};
use hotrow_engine::{Iteration, Measurement, Schedule, Stop};
use hotrow_registry::Entry;
use hotrow_results::{Environment, MeasurementRow, Role, RowContext, StoredRun};

/// The store that is almost free, so that the time is that of the strategy.
const STORE: &str = "memory";

/// Where the rows go.
const RESULTS: &str = "results/local/concurrent";

/// The tasks of a scenario with tasks.
const TASKS: u32 = 32;

/// The phases of a sample: short, because criterion takes many.
const WARM_UP: Duration = Duration::from_millis(5);
const WINDOW: Duration = Duration::from_millis(25);

/// The flag that would stop a measurement early; a benchmark is stopped by its process.
static STOP: Stop = AtomicBool::new(false);

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args();
    let rows = RefCell::new(Rows::new());
    for (workload, mix) in workloads() {
        for clients in [threads(), Clients::Tasks(TASKS)] {
            measure_group(
                &mut criterion,
                workload,
                Scenario { mix, ..Scenario::hot_row(clients) },
                &rows,
            );
        }
    }
    criterion.final_summary();
    rows.into_inner().save();
}

/// Returns the workloads: charges alone, uses alone, and both with reads.
fn workloads() -> [(&'static str, Mix); 3] {
    let mix = |charge, use_points, read| {
        Mix::new(charge, use_points, read).expect("the shares add up to 100")
    };
    [("charge", mix(100, 0, 0)), ("use", mix(0, 100, 0)), ("mixed", mix(45, 45, 10))]
}

/// One thread for each core, and at least two: one thread contends with no other.
fn threads() -> Clients {
    let cores = thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    Clients::Threads(u32::try_from(cores).unwrap_or(2))
}

fn measure_group(
    criterion: &mut Criterion,
    workload: &str,
    scenario: Scenario,
    rows: &RefCell<Rows>,
) {
    let kind = match scenario.clients {
        Clients::Threads(_) => "threads",
        Clients::Tasks(_) => "tasks",
    };
    let mut group = criterion.benchmark_group(format!("{workload}/{kind}"));
    group.throughput(Throughput::Elements(1));
    // All samples are one window, whatever the number of requests that criterion asks for.
    group.sampling_mode(SamplingMode::Flat);
    let is_measured =
        |entry: &&Entry| entry.store == STORE && entry.family != Family::NegativeControl;
    for entry in hotrow_registry::entries().filter(is_measured) {
        group.bench_function(entry.strategy, |bencher| {
            bencher.iter_custom(|requests| {
                let measured = rows.borrow_mut().measure(entry, scenario);
                let share = requests as f64 / measured.completed().max(1) as f64;
                Duration::from_nanos(measured.window_ns).mul_f64(share)
            });
        });
    }
    group.finish();
}

/// The rows of this run.
struct Rows {
    run: StoredRun,
    began: Instant,
}

impl Rows {
    fn new() -> Rows {
        let command = "cargo bench --bench concurrent".to_owned();
        Rows {
            run: StoredRun::empty(Environment::before(command, 1, BUILD)),
            began: Instant::now(),
        }
    }

    /// Measures one window and keeps its row.
    ///
    /// # Panics
    /// If the audit finds a violation.
    fn measure(&mut self, entry: &Entry, scenario: Scenario) -> Measurement {
        let id = scenario.id(STORE);
        let same = |row: &&MeasurementRow| row.scenario == id && row.strategy == entry.strategy;
        let block = u32::try_from(self.run.rows.iter().filter(same).count()).unwrap_or(u32::MAX);
        let schedule = Schedule {
            blocks: 1,
            warm_up: WARM_UP,
            capacity_window: WINDOW,
            latency_window: Duration::ZERO,
            seed: self.run.environment.seed,
        };
        let started_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let measured =
            (entry.measure)(&Iteration { scenario, schedule, block, location: None }, &STOP);
        if let Some(Err(violation)) = &measured.verdict {
            panic!("{} violates its guarantees in {id}: {violation}", entry.strategy);
        }
        let role = if entry.is_reference() { Role::Reference } else { Role::Contender };
        let context = RowContext {
            run: &self.run.environment.run,
            fork: 0,
            block,
            position: 0,
            seed: schedule.seed,
            started_ms,
            excluded_because: "",
            workload: "",
        };
        let row = measurement_row(context, &scenario, entry, role, &measured);
        self.run.rows.push(row);
        measured
    }

    /// Saves the rows, unless there are none.
    fn save(self) {
        let Rows { run, .. } = self;
        if run.rows.is_empty() {
            return;
        }
        let environment = run.environment.after(false);
        match (StoredRun { environment, ..run }).save(Path::new(RESULTS)) {
            Ok(directory) => println!("rows in {}", directory.join("measurements.csv").display()),
            Err(error) => println!("cannot save the rows: {error}"),
        }
    }
}
