//! Runs that were saved, against each other and together.

use std::path::Path;

use super::{
    arguments::{Compare, Rank},
    failure::{Exit, Failure, note},
    printed,
};
use crate::{
    record::{Environment, Row, SavedRun, read_rows},
    report::{Across, Change, comparisons},
};

/// Rows, and what they were measured on if that is known.
struct Loaded {
    rows: Vec<Row>,
    environment: Option<Environment>,
}

/// Shows what changed from one run to another.
pub(super) fn compare(asked: &Compare) -> Result<Exit, Failure> {
    let (before, after) = (load(&asked.before)?, load(&asked.after)?);
    let caution = match (&before.environment, &after.environment) {
        (Some(before), Some(after)) => before.incomparable_with(after),
        _ => {
            note("a bare CSV does not say what it was measured on: was it the same machine?");
            None
        }
    };
    if let Some(what) = caution {
        if !asked.across_machines {
            return Err(Failure::failed(format!(
                "the runs are of two machines, {what}: their rates compare machines; use \
                 --across-machines to see them all the same"
            )));
        }
        note(format_args!("CAUTION: these are two machines: {what}"));
    }
    let change = Change::between(&before.rows, &after.rows);
    if change.cells() == 0 {
        let (before, after) = (asked.before.display(), asked.after.display());
        return Err(Failure::failed(format!("{before} and {after} have no cell in common")));
    }
    printed::print(&change.terminal(printed::width())).map_err(Failure::of_output)?;
    let worse = asked.fail_above.map_or_else(Vec::new, |share| change.worse_by(share));
    for one in &worse {
        note(format_args!("worse: {one}"));
    }
    Ok(if worse.is_empty() { Exit::Done } else { Exit::Worse })
}

/// Ranks strategies over the cells of all these runs.
pub(super) fn rank(asked: &Rank) -> Result<Exit, Failure> {
    let loaded = asked.runs.iter().map(|run| load(run)).collect::<Result<Vec<_>, _>>()?;
    let environments: Vec<&Environment> =
        loaded.iter().filter_map(|one| one.environment.as_ref()).collect();
    let other = environments.windows(2).find_map(|pair| pair[0].incomparable_with(pair[1]));
    if let Some(what) = other {
        note(format_args!("CAUTION: these are of more than one machine: {what}"));
    }
    // Cells of two runs are two cells: their blocks are not the same blocks.
    let all: Vec<_> = loaded.iter().flat_map(|one| comparisons(&one.rows)).collect();
    let across = Across::of(&all);
    let text = match asked.markdown {
        true => across.markdown(),
        false => across.terminal(printed::width()),
    };
    printed::print(&text).map_err(Failure::of_output)?;
    Ok(Exit::Done)
}

fn load(path: &Path) -> Result<Loaded, Failure> {
    let failed = |error: crate::record::ReadError| Failure::failed(error.to_string());
    let loaded = match path.is_dir() {
        true => {
            let run = SavedRun::load(path).map_err(failed)?;
            if run.environment.partial {
                note(format_args!("{} is PARTIAL: it was stopped before its end", path.display()));
            }
            Loaded { rows: run.rows, environment: Some(run.environment) }
        }
        false => Loaded { rows: read_rows(path).map_err(failed)?, environment: None },
    };
    match loaded.rows.is_empty() {
        true => Err(Failure::failed(format!("{} has no rows in it", path.display()))),
        false => Ok(loaded),
    }
}
