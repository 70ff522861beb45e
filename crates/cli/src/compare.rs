//! `hotrow compare`: the differences between two runs.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    failure::{CliError, Exit, note},
    stdout,
    values::share,
};
use hotrow_report::Change;
use hotrow_results::{Environment, MeasurementRow, StoredRun, read_rows};

pub(super) const COMPARE_HELP: &str = "\
The throughput of two runs is minutes or weeks apart, and what the machine did
in between is in every difference. The row of `noop` shows how much. Ratios to
the baseline are taken within the blocks of each run, so they should agree:
they are equal within 3 % (5 % if a run is one process), they differ, or they
are not told apart. Scenarios that a run could not measure are listed.

Examples:
  hotrow compare results/laptop/before results/laptop/after
  hotrow compare before.csv after.csv --fail-above 10%

Exit codes:
  0    compared
  1    a run cannot be read, or the runs share no scenario, or they are of two
       machines
  4    a contender got worse by more than --fail-above, with 95 % confidence
  5    nothing counted: no shared scenario could be measured by both runs";

/// Compares two runs.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The earlier run: a folder or a CSV file
    pub(super) before: PathBuf,
    /// The later run
    pub(super) after: PathBuf,
    /// Exit with 4 if a contender got worse by more than
    /// this, such as 10%, with 95 % confidence
    #[arg(long, allow_hyphen_values = true, value_name = "SHARE", value_parser = share, verbatim_doc_comment)]
    pub(super) fail_above: Option<f64>,
    /// Compare runs of two machines
    #[arg(long)]
    pub(super) across_machines: bool,
}

/// Rows, and their environment if it is known.
pub(super) struct Loaded {
    pub(super) rows: Vec<MeasurementRow>,
    pub(super) environment: Option<Environment>,
}

/// Shows the differences between two runs.
pub(super) fn compare(arguments: &Compare) -> Result<Exit, CliError> {
    let (before, after) = (load(&arguments.before)?, load(&arguments.after)?);
    let caution = match (&before.environment, &after.environment) {
        (Some(before), Some(after)) => before.incomparable_with(after),
        _ => {
            note("a CSV file has no environment: make sure that both runs are of one machine");
            None
        }
    };
    if let Some(what) = caution {
        if !arguments.across_machines {
            return Err(CliError::failed(format!(
                "the runs are of two machines, {what}: their difference is one of the machines; \
                 use --across-machines to compare them anyway"
            )));
        }
        note(format_args!("CAUTION: these are two machines: {what}"));
    }
    let change = Change::between(&before.rows, &after.rows);
    if change.scenarios() == 0 && !share_scenario(&before.rows, &after.rows) {
        let (before, after) = (arguments.before.display(), arguments.after.display());
        return Err(CliError::failed(format!("{before} and {after} share no scenario")));
    }
    stdout::print(&change.terminal(stdout::width())).map_err(CliError::from_output)?;
    if change.scenarios() == 0 {
        note("nothing counted: no shared scenario could be measured by both runs; measure again");
        return Ok(Exit::NothingCounted);
    }
    let worse = arguments.fail_above.map_or_else(Vec::new, |share| change.worse_by(share));
    for regression in &worse {
        note(format_args!("regression: {regression}"));
    }
    Ok(if worse.is_empty() { Exit::Done } else { Exit::Regression })
}

fn share_scenario(before: &[MeasurementRow], after: &[MeasurementRow]) -> bool {
    let earlier: HashSet<&str> = before.iter().map(|row| row.scenario.as_str()).collect();
    after.iter().any(|row| earlier.contains(row.scenario.as_str()))
}

/// Loads a run from a folder or a CSV file.
pub(super) fn load(path: &Path) -> Result<Loaded, CliError> {
    let failed = |error: hotrow_results::ReadError| CliError::failed(error.to_string());
    let loaded = match path.is_dir() {
        true => {
            let run = StoredRun::load(path).map_err(failed)?;
            if run.environment.partial {
                note(format_args!("{} is PARTIAL: it was stopped before its end", path.display()));
            }
            Loaded { rows: run.rows, environment: Some(run.environment) }
        }
        false => Loaded { rows: read_rows(path).map_err(failed)?, environment: None },
    };
    match loaded.rows.is_empty() {
        true => Err(CliError::failed(format!("{} has no rows", path.display()))),
        false => Ok(loaded),
    }
}
