//! The quick comparison as a benchmark of `cargo bench`.
//!
//! Cargo passes the same arguments to every benchmark. So this one accepts the arguments of the
//! others, and a filter that selects nothing is no error: it may be for another benchmark.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;

use super::{
    failure::{CliError, Exit, note},
    interrupt,
    output::Output,
    plan::{Definitions, Plan},
    run, stdout,
};
use hotrow_engine::Schedule;
use hotrow_report::Change;
use hotrow_results::StoredRun;

/// The arguments that `cargo bench` passes on.
#[derive(Debug, Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
#[command(about = "Ranks strategies by the quick comparison")]
pub(super) struct BenchArguments {
    /// Strategies whose name contains this [default: all]
    filter: Option<String>,
    /// List the strategies and measure nothing
    #[arg(long)]
    list: bool,
    /// Measure each strategy once for some milliseconds, and audit it
    #[arg(long)]
    test: bool,
    /// Measure fewer blocks, in less than a minute
    #[arg(long)]
    quick: bool,
    /// Save the rows as the baseline NAME
    #[arg(long, value_name = "NAME", value_parser = baseline)]
    save_baseline: Option<String>,
    /// Compare with the baseline NAME
    #[arg(long, value_name = "NAME", value_parser = baseline)]
    baseline: Option<String>,
    /// Passed by cargo; without it strategies are only tested, as in `cargo test --benches`
    #[arg(long, hide = true)]
    bench: bool,
}

/// Lists, tests or compares strategies.
pub(super) fn compare(arguments: &BenchArguments) -> Result<Exit, CliError> {
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let strategies = strategies(filter);
    if arguments.list {
        let lines = strategies.iter().map(|name| format!("{name}: benchmark\n"));
        stdout::print(&lines.collect::<String>()).map_err(CliError::from_output)?;
        return Ok(Exit::Done);
    }
    let definitions = Definitions::built_in()?;
    let named = if filter.is_empty() { Vec::new() } else { strategies.clone() };
    if strategies.is_empty() {
        note(format_args!("no strategy name contains {filter:?}: nothing to compare"));
        return Ok(Exit::Done);
    }
    let before =
        arguments.baseline.as_deref().map(|name| (name, directory(&format!("baseline-{name}"))));
    if let Some((name, _)) = before.as_ref().filter(|(_, directory)| !directory.exists()) {
        return Err(CliError::usage(format!(
            "there is no baseline {name:?}: save one with `cargo bench --bench compare -- \
             --save-baseline {name}`"
        )));
    }
    if arguments.test || !arguments.bench {
        let plan = tiny(definitions.plan(QUICK, 1, &named)?);
        return run::run(&plan, &Output::table(), None);
    }
    let plan = definitions.plan(if arguments.quick { QUICK } else { FULL }, 1, &named)?;
    let saved = match &arguments.save_baseline {
        Some(name) => directory(&format!("baseline-{name}")),
        None => directory("compare"),
    };
    // The folder of a benchmark keeps its last complete run.
    let output = Output { results: Some(saved.clone()), overwrite: true, ..Output::table() };
    let exit = run::run(&plan, &output, None)?;
    match before {
        // A stopped run is not in that folder.
        Some((_, before)) if !interrupt::requested() => change(&before, &saved).map(|()| exit),
        _ => Ok(exit),
    }
}

/// The plan of `--quick`.
const QUICK: &str = "quick";

/// The plan without `--quick`.
const FULL: &str = "bench";

/// Returns the folder for the rows of a benchmark, which no report reads.
fn directory(name: &str) -> PathBuf {
    Path::new("results/local").join(name)
}

fn change(before: &Path, after: &Path) -> Result<(), CliError> {
    let load = |directory: &Path| {
        StoredRun::load(directory).map_err(|error| CliError::failed(error.to_string()))
    };
    let (before, after) = (load(before)?, load(after)?);
    if let Some(what) = before.environment.incomparable_with(&after.environment) {
        return Err(CliError::failed(format!("the baseline is of another machine: {what}")));
    }
    let change = Change::between(&before.rows, &after.rows);
    stdout::print(&change.terminal(stdout::width())).map_err(CliError::from_output)
}

/// Parses the name of a baseline, which is part of the name of a directory.
fn baseline(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !name.is_empty() && name.chars().all(fits) {
        true => Ok(name.to_owned()),
        false => Err("use letters, digits, - and _".to_owned()),
    }
}

/// Returns the strategies whose names contain `filter`, each once, in the order of the registry.
fn strategies(filter: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in hotrow_registry::entries().filter(|entry| entry.strategy.contains(filter)) {
        if names.iter().all(|name| name != entry.strategy) {
            names.push(entry.strategy.to_owned());
        }
    }
    names
}

/// Returns the plan with one block and the shortest windows: enough for an audit, too little for a
/// ranking.
fn tiny(plan: Plan) -> Plan {
    let [warm_up, capacity_window, latency_window] = [1, 4, 2].map(Duration::from_millis);
    let schedule =
        Schedule { blocks: 1, warm_up, capacity_window, latency_window, ..plan.schedule };
    Plan { schedule, ..plan }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filter selects all names that contain it. One that no name contains selects nothing.
    #[test]
    fn a_filter_selects_by_part_of_a_name() {
        assert_eq!(strategies("async-"), ["async-mutex", "async-rwlock"]);
        assert_eq!(strategies("zzz"), [""; 0]);
        let mut all: Vec<_> = hotrow_registry::entries().map(|entry| entry.strategy).collect();
        all.dedup();
        assert_eq!(strategies(""), all);
    }
}
