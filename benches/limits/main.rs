//! Compares the cost of a command with a reference of its kind, and checks it against a bound.
//!
//! A reference is the minimum that any strategy of a kind must do: one `fetch_add`, one bare lock,
//! one atomic load, one plain append. Strategies and references run in shuffled blocks. The verdict
//! uses the median of their ratio within a block, with its 95 % interval.
//!
//! `cargo bench --bench limits` takes about twenty seconds. After `--`, `--quick` runs fewer
//! blocks, `--test` one block, to check that everything runs. `--list` prints the names of the
//! probes, and a word selects the probes with that word in their name.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod bounds;
mod crowds;
mod limits;
mod script;
mod strategies;

use std::env;

use hotrow_results::stats::{Blocks, median};

use crate::bounds::BOUNDS;

/// Returns the nanoseconds per command.
type Probe = fn() -> f64;

const PROBES: &[(&str, Probe)] = &[
    ("fetch_add", || limits::fetch_add(1)),
    ("atomic load", || limits::atomic_load(1)),
    ("bare lock", || limits::bare_lock(1)),
    ("map of locks", || limits::map_of_locks(1)),
    ("cas", || strategies::cas(1)),
    ("mutex", || strategies::mutex(1)),
    ("queue", || strategies::queue(1)),
    ("read of cas", || strategies::read_of_cas(1)),
    ("read of mutex", || strategies::read_of_mutex(1)),
    ("read of queue", || strategies::read_of_queue(1)),
    ("append, 1,024 users", || limits::append(1_024)),
    ("cas, 1,024 users", || strategies::cas(1_024)),
    ("mutex, 1,024 users", || strategies::mutex(1_024)),
    ("queue, 1,024 users", || strategies::queue(1_024)),
    ("task yield", || crowds::task_yield(64)),
    ("actor, 1 in flight", || crowds::actor(1)),
    ("sharded-actor, 64 in flight", || crowds::sharded_actor(64)),
    ("sharded-actor, 256 in flight", || crowds::sharded_actor(256)),
    ("fair mutex, 8 threads", crowds::fair_mutex_of_8_threads),
    ("queue, 8 threads", crowds::queue_of_8_threads),
    ("longest growth of a ledger", strategies::longest_growth),
];

fn main() {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let filter =
        arguments.iter().find(|argument| !argument.starts_with("--")).cloned().unwrap_or_default();
    let probes: Vec<_> = PROBES.iter().filter(|(name, _)| name.contains(&filter)).collect();
    if has("--list") {
        return probes.iter().for_each(|(name, _)| println!("{name}: benchmark"));
    }
    // Cargo passes `--bench` for a measurement. Without it, as under `cargo test`, one block is
    // enough.
    let blocks = match (has("--test") || !has("--bench"), has("--quick")) {
        (true, _) => 1,
        (false, true) => 7,
        (false, false) => 20,
    };
    let measured = run_in_blocks(&probes, blocks);
    println!("{:<30} {:>12}   median of {blocks} blocks", "probe", "ns/command");
    for ((name, _), values) in probes.iter().zip(&measured) {
        let nanoseconds = median(&values.measured()).expect("every block has a value");
        println!("{name:<30} {nanoseconds:>12.1}");
    }
    println!("\n{:<46} {:>9}   measured", "bound", "");
    let values_of = |name: &str| {
        let probe = probes.iter().position(|(known, _)| *known == name)?;
        Some(&measured[probe])
    };
    BOUNDS.iter().filter_map(|bound| bound.verdict(values_of)).for_each(|line| println!("{line}"));
}

fn run_in_blocks(probes: &[&(&str, Probe)], blocks: usize) -> Vec<Blocks> {
    let mut order: Vec<usize> = (0..probes.len()).collect();
    let mut rng = fastrand::Rng::with_seed(1);
    let mut values = vec![Vec::new(); probes.len()];
    for _ in 0..blocks {
        rng.shuffle(&mut order);
        for &probe in &order {
            values[probe].push(Some(probes[probe].1()));
        }
    }
    let blocks = values
        .into_iter()
        .map(|values| Blocks::of(values).expect("a probe takes a finite time above zero"));
    blocks.collect()
}
