//! Measures the overhead of the engine: the smallest difference that it can measure.
//!
//! - **A request** in the capacity window, beside a bare loop that sends the same requests to the
//!   same service and keeps nothing. The strategy is `noop`, which answers at once.
//! - **A time stamp for one request in 64**, beside the same without time stamps.
//! - **Blocks**: whether `noop` takes the same time alone and in blocks of all strategies. It would
//!   not if the harness called through a pointer, or if its loop grew with the registry.
//!
//! The two of a pair are measured alternately. The output is the median of their differences with
//! its 95 % interval. `cargo bench --bench engine` takes half a minute. After `--`, `--quick` takes
//! fewer samples, `--test` two short ones, `--list` prints the names of the pairs, and a word
//! selects the pairs with that word in their name.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{
    env,
    hint::black_box,
    num::NonZeroU64,
    process::ExitCode,
    time::{Duration, Instant},
};

use hotrow::{
    domain::{Command, Policy},
    scenario::{Clients, Scenario},
    scenario::{KeyDistribution, Mix},
    service::PointService,
    store::{Memory, StoreConfig},
    strategy::Noop,
    workload::{OperationKey, RequestSequence, RngStream},
};
use hotrow_cli::costs::{Costs, Piece};
use hotrow_engine::{Iteration, Measurement, Schedule, Stop, measure};
use hotrow_results::stats::{Interval, median};

type Service = PointService<Noop<Memory<()>>>;

/// Two ways to do the same work.
struct Pair {
    name: &'static str,
    /// The bound on the difference, in nanoseconds per request.
    most_ns: f64,
    /// Measures the nanoseconds per request, without and with the overhead.
    once: fn(Duration) -> [f64; 2],
}

const PAIRS: [Pair; 3] = [
    Pair {
        name: "a request of the engine, and of a bare loop",
        most_ns: 2.0,
        once: engine_and_bare_loop,
    },
    Pair { name: "one request in 64 timed, and none", most_ns: 1.5, once: timed_and_untimed },
    Pair {
        name: "in blocks of all strategies, and alone",
        most_ns: 0.5,
        once: alone_and_in_blocks,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let filter =
        arguments.iter().find(|argument| !argument.starts_with("--")).cloned().unwrap_or_default();
    let pairs = PAIRS.iter().filter(|pair| pair.name.contains(&filter));
    if has("--list") {
        pairs.for_each(|pair| println!("{}: benchmark", pair.name));
        return ExitCode::SUCCESS;
    }
    // Cargo passes `--bench` for a measurement. Without it, as under `cargo test`, two samples are
    // enough.
    let is_test = has("--test") || !has("--bench");
    let (samples_max, window) = match (is_test, has("--quick")) {
        (true, _) => (2, Duration::from_millis(2)),
        (false, true) => (10, Duration::from_millis(50)),
        (false, false) => (30, Duration::from_millis(100)),
    };
    let mut costs = Costs::of("engine");
    println!("{:<46} {:>9} {:>9}   costs, in ns a request", "pair", "without", "with");
    for pair in pairs {
        let samples: Vec<[f64; 2]> = (0..samples_max).map(|_| (pair.once)(window)).collect();
        for (way, at) in [("without", 0), ("with", 1)] {
            for sample in &samples {
                // Nanoseconds per request are milliseconds per million requests.
                let time = Duration::from_secs_f64(sample[at] / 1e3);
                let piece =
                    Piece { scenario: pair.name, store: "memory", strategy: way, family: "engine" };
                costs.add(piece, 1_000_000, time);
            }
        }
        pair.print(&samples);
    }
    match costs.save() {
        Ok(Some(file)) if !is_test => println!("rows in {}", file.display()),
        Ok(_) => {}
        Err(error) => {
            println!("cannot save the rows: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

impl Pair {
    fn print(&self, samples: &[[f64; 2]]) {
        let median_of =
            |at: usize| median(&samples.iter().map(|sample| sample[at]).collect::<Vec<_>>());
        let costs: Vec<f64> = samples.iter().map(|[without, with]| with - without).collect();
        let interval = match Interval::of_median(&costs) {
            Some(Interval { low, high }) => format!("[{low:+.2}, {high:+.2}]"),
            None => "[insufficient samples]".to_owned(),
        };
        println!(
            "{:<46} {:>9.2} {:>9.2}   {:+.2} {interval}, of at most {}",
            self.name,
            median_of(0).unwrap_or_default(),
            median_of(1).unwrap_or_default(),
            median(&costs).unwrap_or_default(),
            self.most_ns
        );
    }
}

fn iteration(window: Duration, block: u32) -> Iteration {
    let schedule = Schedule {
        blocks: 1,
        warm_up: window / 10,
        capacity_window: window,
        latency_window: window,
        seed: 1,
    };
    Iteration { scenario: Scenario::hot_row(Clients::Threads(1)), schedule, block, location: None }
}

fn measured(window: Duration) -> Measurement {
    measure::<Noop<Memory<()>>>(&iteration(window, 0), &Stop::new(false))
}

fn ns_each(measured: &Measurement) -> f64 {
    measured.window_ns as f64 / measured.completed() as f64
}

/// Measures the engine, and a loop that keeps no answers.
fn engine_and_bare_loop(window: Duration) -> [f64; 2] {
    [bare_loop(window), ns_each(&measured(window))]
}

/// Sends requests for the length of `window`, and returns the nanoseconds per request.
fn bare_loop(window: Duration) -> f64 {
    const BATCH: u64 = 100_000;
    let service = Service::open_sync(&StoreConfig::default(), Policy::default());
    let service = service.expect("a store in memory can be opened");
    let source = RngStream { seed: 1, block: 0, client: 1 };
    let users = NonZeroU64::MIN;
    let sequence = RequestSequence::draw(source, users, KeyDistribution::Uniform, Mix::WRITE_ONLY);
    let (began, mut sent) = (Instant::now(), 0);
    while began.elapsed() < window {
        for number in sent..sent + BATCH {
            let request = sequence.request(number);
            let action = request.action.expect("a write-only mix has no reads");
            let id = OperationKey { client: 1, number }.id();
            let command = Command { id, user: request.user, action };
            black_box(
                service.execute_sync(command).and_then(Result::ok).map(|it| it.receipt.after),
            );
        }
        sent += BATCH;
    }
    began.elapsed().as_nanos() as f64 / sent as f64
}

/// Measures the window in which one request in 64 is timed, and the one in which none is, of the
/// same run.
fn timed_and_untimed(window: Duration) -> [f64; 2] {
    let measured = measured(window);
    // One in 64 is timed on average, so 64 times as many were sent.
    let sent = 64.0 * measured.service.samples() as f64;
    [ns_each(&measured), window.as_nanos() as f64 / sent]
}

/// Measures alone, and right after all other strategies.
fn alone_and_in_blocks(window: Duration) -> [f64; 2] {
    let alone = ns_each(&measured(window));
    for entry in hotrow_registry::entries().filter(|entry| entry.store == "memory") {
        (entry.measure)(&iteration(window / 20, 1), &Stop::new(false));
    }
    [alone, ns_each(&measured(window))]
}
