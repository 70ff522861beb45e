//! The quick comparison as a benchmark that `cargo bench` runs.
//!
//! Cargo passes the same words on to every benchmark, so those that others understand must be
//! understood here, and a word that picks nothing is no mistake: it may be meant for another.

use std::time::Duration;

use clap::Parser;

use super::{
    arguments::Output,
    failure::{Exit, Failure, note},
    plan::Plan,
    printed, quick, run,
};
use crate::{engine::Schedule, registry};

/// What `cargo bench` passes on.
#[derive(Debug, Parser)]
#[command(name = "compare", about = "Ranks strategies by the quick comparison")]
pub(super) struct Words {
    /// Strategies whose name has this in it [default: all]
    filter: Option<String>,
    /// Name them and measure nothing
    #[arg(long)]
    list: bool,
    /// Measure each once, for milliseconds, to see whether it is right
    #[arg(long)]
    test: bool,
    /// What is measured anyway
    #[arg(long)]
    quick: bool,
    /// Passed on by cargo; without it everything is only tested, as in `cargo test --benches`
    #[arg(long, hide = true)]
    bench: bool,
}

/// Lists, tests or compares.
pub(super) fn compare(words: &Words) -> Result<Exit, Failure> {
    let filter = words.filter.as_deref().unwrap_or_default();
    let strategies = strategies(filter);
    if words.list {
        let lines = strategies.iter().map(|name| format!("{name}: benchmark\n"));
        printed::print(&lines.collect::<String>()).map_err(Failure::of_output)?;
        return Ok(Exit::Done);
    }
    if strategies.is_empty() {
        note(format_args!("no strategy has {filter:?} in its name: nothing to compare"));
        return Ok(Exit::Done);
    }
    let output = Output::table();
    let plan = quick::plan_of(filter, &output)?;
    let plan = if words.test || !words.bench { tiny(plan) } else { plan };
    run::run(&plan, &output)
}

/// Names with `filter` in them, each once, in the order of the registry.
fn strategies(filter: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in registry::entries().filter(|entry| entry.strategy.contains(filter)) {
        if names.iter().all(|name| name != entry.strategy) {
            names.push(entry.strategy.to_owned());
        }
    }
    names
}

/// The same once, and as short as can be: enough for an audit, and nothing to rank.
fn tiny(plan: Plan) -> Plan {
    let [warm_up, capacity_window, latency_window] = [1, 4, 2].map(Duration::from_millis);
    let schedule =
        Schedule { blocks: 1, warm_up, capacity_window, latency_window, ..plan.schedule };
    Plan { schedule, ..plan }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word in a name picks all that have it, and one in none picks nothing and not all.
    #[test]
    fn a_filter_picks_by_part_of_a_name() {
        assert_eq!(strategies("async-"), ["async-mutex", "async-rwlock"]);
        assert_eq!(strategies("zzz"), [""; 0]);
        let mut all: Vec<_> = registry::entries().map(|entry| entry.strategy).collect();
        all.dedup();
        assert_eq!(strategies(""), all);
    }
}
