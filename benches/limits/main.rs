//! What a command costs beside the limit of its kind, and whether that is within its bound.
//!
//! A limit is the least that any answer of a kind must do: one `fetch_add`, one bare lock, one
//! atomic load, one plain append. Strategies and limits are probed in shuffled blocks, and what is
//! judged is the median of their ratio within a block, with its 95 % interval.
//!
//! `cargo bench --bench limits` takes some twenty seconds; `-- --quick` takes fewer blocks, `-- --test`
//! one, to see that everything runs; `-- --list` names the probes, `-- WORD` takes those with the
//! word in their name.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

mod bounds;
mod crowds;
mod limits;
mod script;
mod strategies;

use std::env;

use hotrow::stats::{Blocks, median};

use crate::bounds::BOUNDS;

/// Nanoseconds a command.
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
    ("turn of a task", || crowds::turn_of_a_task(64)),
    ("actor, 1 in flight", || crowds::actor(1)),
    ("sharded-actor, 64 in flight", || crowds::sharded_actor(64)),
    ("sharded-actor, 256 in flight", || crowds::sharded_actor(256)),
    ("fair mutex, 8 threads", crowds::fair_mutex_of_8_threads),
    ("queue, 8 threads", crowds::queue_of_8_threads),
    ("longest growth of a ledger", strategies::longest_growth),
];

fn main() {
    let given: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| given.iter().any(|given| given == flag);
    let word = given.iter().find(|given| !given.starts_with("--")).cloned().unwrap_or_default();
    let probes: Vec<_> = PROBES.iter().filter(|(name, _)| name.contains(&word)).collect();
    if has("--list") {
        return probes.iter().for_each(|(name, _)| println!("{name}: benchmark"));
    }
    // Cargo says so when it is to be measured; without that, as under `cargo test`, one look will do.
    let blocks = match (has("--test") || !has("--bench"), has("--quick")) {
        (true, _) => 1,
        (false, true) => 7,
        (false, false) => 20,
    };
    let measured = probe_in_blocks(&probes, blocks);
    println!("{:<30} {:>12}   median of {blocks} blocks", "probe", "ns a command");
    for ((name, _), values) in probes.iter().zip(&measured) {
        let nanoseconds = median(&values.measured()).expect("every block has a value");
        println!("{name:<30} {nanoseconds:>12.1}");
    }
    println!("\n{:<46} {:>9}   measured", "bound", "");
    let of = |name: &str| {
        let probe = probes.iter().position(|(known, _)| *known == name)?;
        Some(&measured[probe])
    };
    BOUNDS.iter().filter_map(|bound| bound.judged(of)).for_each(|line| println!("{line}"));
}

fn probe_in_blocks(probes: &[&(&str, Probe)], blocks: usize) -> Vec<Blocks> {
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
        .map(|values| Blocks::of(values).expect("a probe takes some time, and not for ever"));
    blocks.collect()
}
