//! What the engine itself costs: the least that it can tell apart.
//!
//! - **A request** in the window in which capacity is counted, beside a bare loop that asks the same of
//!   the same service and keeps nothing. The strategy is `null`, which answers at once.
//! - **A time stamp for one request in 64**, beside the same without.
//! - **Company**: whether `null` answers in the same time alone and in blocks of all strategies. A
//!   harness that called through a pointer, or whose loop grew with the registry, would not.
//!
//! The two of a pair are measured in turns, and what is printed is the median of their differences
//! and its 95 % interval. `cargo bench --bench engine` takes half a minute; `-- --quick` takes fewer
//! rounds, `-- --test` two short ones, `-- --list` names the pairs, `-- WORD` takes those with the word in their name.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::{
    env,
    hint::black_box,
    num::NonZeroU64,
    process::ExitCode,
    time::{Duration, Instant},
};

use hotrow::{
    domain::{Command, Policy},
    engine::{Cell, Clients, Measurement, Schedule, Stop, Trial, measure},
    record::{Costs, Piece},
    registry,
    service::PointService,
    stats::{Interval, median},
    store::{Setup, Slab},
    strategy::Null,
    workload::{Asked, Keys, Mix, Script, Source},
};

type Service = PointService<Null<Slab<()>>>;

/// Two ways to do the same.
struct Pair {
    name: &'static str,
    /// What the difference may be, in nanoseconds for each request.
    most_ns: f64,
    /// Nanoseconds for each request, without and with.
    once: fn(Duration) -> [f64; 2],
}

const PAIRS: [Pair; 3] = [
    Pair { name: "a request of the engine, and of a bare loop", most_ns: 2.0, once: counted },
    Pair { name: "one request in 64 timed, and none", most_ns: 1.5, once: sampled },
    Pair { name: "in blocks of all strategies, and alone", most_ns: 0.5, once: in_company },
];

fn main() -> ExitCode {
    let given: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| given.iter().any(|given| given == flag);
    let word = given.iter().find(|given| !given.starts_with("--")).cloned().unwrap_or_default();
    let pairs = PAIRS.iter().filter(|pair| pair.name.contains(&word));
    if has("--list") {
        pairs.for_each(|pair| println!("{}: benchmark", pair.name));
        return ExitCode::SUCCESS;
    }
    // Cargo says so when it is to be measured; without that, as under `cargo test`, one look will do.
    let is_test = has("--test") || !has("--bench");
    let (rounds, window) = match (is_test, has("--quick")) {
        (true, _) => (2, Duration::from_millis(2)),
        (false, true) => (10, Duration::from_millis(50)),
        (false, false) => (30, Duration::from_millis(100)),
    };
    let mut costs = Costs::of("engine");
    println!("{:<46} {:>9} {:>9}   costs, in ns a request", "pair", "without", "with");
    for pair in pairs {
        let found: Vec<[f64; 2]> = (0..rounds).map(|_| (pair.once)(window)).collect();
        for (way, at) in [("without", 0), ("with", 1)] {
            for round in &found {
                // Nanoseconds a request are milliseconds a million.
                let took = Duration::from_secs_f64(round[at] / 1e3);
                let piece =
                    Piece { cell: pair.name, store: "slab", strategy: way, family: "engine" };
                costs.add(piece, 1_000_000, took);
            }
        }
        pair.tell(&found);
    }
    match costs.save() {
        Ok(Some(file)) if !is_test => println!("rows in {}", file.display()),
        Ok(_) => {}
        Err(error) => {
            println!("cannot keep the rows: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

impl Pair {
    fn tell(&self, found: &[[f64; 2]]) {
        let of = |at: usize| median(&found.iter().map(|round| round[at]).collect::<Vec<_>>());
        let costs: Vec<f64> = found.iter().map(|[without, with]| with - without).collect();
        let interval = match Interval::of_median(&costs) {
            Some(Interval { low, high }) => format!("[{low:+.2}, {high:+.2}]"),
            None => "[too few rounds]".to_owned(),
        };
        println!(
            "{:<46} {:>9.2} {:>9.2}   {:+.2} {interval}, of at most {}",
            self.name,
            of(0).unwrap_or_default(),
            of(1).unwrap_or_default(),
            median(&costs).unwrap_or_default(),
            self.most_ns
        );
    }
}

fn trial(window: Duration, block: u32) -> Trial {
    let schedule = Schedule {
        blocks: 1,
        warm_up: window / 10,
        capacity_window: window,
        latency_window: window,
        seed: 1,
    };
    Trial { cell: Cell::hot_row(Clients::Threads(1)), schedule, block }
}

fn measured(window: Duration) -> Measurement {
    measure::<Null<Slab<()>>>(&trial(window, 0), &Stop::new(false))
}

fn ns_each(measured: &Measurement) -> f64 {
    measured.window_ns as f64 / measured.completed() as f64
}

/// The engine, and a loop that keeps nothing of what it is told.
fn counted(window: Duration) -> [f64; 2] {
    [bare(window), ns_each(&measured(window))]
}

/// Asks for as long as `window`, and gives the nanoseconds that each request took.
fn bare(window: Duration) -> f64 {
    const BATCH: u64 = 100_000;
    let service = Service::open(&Setup::default(), Policy::default());
    let source = Source { seed: 1, block: 0, client: 1 };
    let users = NonZeroU64::MIN;
    let script = Script::draw(source, users, Keys::Uniform, Mix::WRITE_ONLY);
    let (began, mut asked) = (Instant::now(), 0);
    while began.elapsed() < window {
        for number in asked..asked + BATCH {
            let request = script.request(number);
            let action = request.action.expect("this mix has no reads");
            let id = Asked { client: 1, number }.id();
            let command = Command { id, user: request.user, action };
            black_box(service.execute_at_once(command).and_then(Result::ok).map(|it| it.after));
        }
        asked += BATCH;
    }
    began.elapsed().as_nanos() as f64 / asked as f64
}

/// The window in which one request in 64 is timed, and the one in which none is, of the same run.
fn sampled(window: Duration) -> [f64; 2] {
    let measured = measured(window);
    // One in 64 on average, so that many times as many were asked.
    let asked = 64.0 * measured.service.samples() as f64;
    [ns_each(&measured), window.as_nanos() as f64 / asked]
}

/// Alone, and right after all others.
fn in_company(window: Duration) -> [f64; 2] {
    let alone = ns_each(&measured(window));
    for entry in registry::entries().filter(|entry| entry.store == "slab") {
        (entry.measure)(&trial(window / 20, 1), &Stop::new(false));
    }
    [alone, ns_each(&measured(window))]
}
