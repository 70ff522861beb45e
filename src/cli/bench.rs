//! The quick comparison as a benchmark that `cargo bench` runs.
//!
//! Cargo passes the same words on to every benchmark, so those that others understand must be
//! understood here, and a word that picks nothing is no mistake: it may be meant for another.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;

use super::{
    arguments::Output,
    failure::{Exit, Failure, note},
    interrupt,
    plan::{Definitions, Plan},
    printed, run,
};
use crate::{engine::Schedule, record::SavedRun, registry, report::Change};

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
    /// Fewer blocks, in less than a minute
    #[arg(long)]
    quick: bool,
    /// Keep the rows under this name, to compare with later
    #[arg(long, value_name = "NAME", value_parser = baseline)]
    save_baseline: Option<String>,
    /// Compare with what was kept under this name
    #[arg(long, value_name = "NAME", value_parser = baseline)]
    baseline: Option<String>,
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
    let definitions = Definitions::built_in()?;
    let named = if filter.is_empty() { Vec::new() } else { strategies.clone() };
    if strategies.is_empty() {
        note(format_args!("no strategy has {filter:?} in its name: nothing to compare"));
        return Ok(Exit::Done);
    }
    let before =
        words.baseline.as_deref().map(|name| (name, directory(&format!("baseline-{name}"))));
    if let Some((name, _)) = before.as_ref().filter(|(_, directory)| !directory.exists()) {
        return Err(Failure::usage(format!(
            "there is no baseline {name:?}: keep one with `cargo bench --bench compare -- \
             --save-baseline {name}`"
        )));
    }
    if words.test || !words.bench {
        let plan = tiny(definitions.plan(QUICK, 1, &named)?);
        return run::run(&plan, &Output::table(), None);
    }
    let plan = definitions.plan(if words.quick { QUICK } else { WHOLE }, 1, &named)?;
    let kept = match &words.save_baseline {
        Some(name) => directory(&format!("baseline-{name}")),
        None => directory("compare"),
    };
    // Of a name that benchmarks give, the last run that came to its end is what is kept.
    let output = Output { results: Some(kept.clone()), overwrite: true, ..Output::table() };
    let exit = run::run(&plan, &output, None)?;
    match before {
        // What was stopped is not in that place.
        Some((_, before)) if !interrupt::requested() => change(&before, &kept).map(|()| exit),
        _ => Ok(exit),
    }
}

/// What is measured by `--quick`, and without.
const QUICK: &str = "quick";
const WHOLE: &str = "bench";

/// Where rows are kept that no report reads.
fn directory(name: &str) -> PathBuf {
    Path::new("results/local").join(name)
}

fn change(before: &Path, after: &Path) -> Result<(), Failure> {
    let load = |directory: &Path| {
        SavedRun::load(directory).map_err(|error| Failure::failed(error.to_string()))
    };
    let (before, after) = (load(before)?, load(after)?);
    if let Some(what) = before.environment.incomparable_with(&after.environment) {
        return Err(Failure::failed(format!("the baseline is of another machine: {what}")));
    }
    let change = Change::between(&before.rows, &after.rows);
    printed::print(&change.terminal(printed::width())).map_err(Failure::of_output)
}

/// A name that can be one of a directory.
fn baseline(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !name.is_empty() && name.chars().all(fits) {
        true => Ok(name.to_owned()),
        false => Err("a name has letters, digits, - and _".to_owned()),
    }
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
