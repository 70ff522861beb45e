//! `hotrow rank`: ranks strategies over all scenarios of several runs.

use std::path::PathBuf;

use clap::Args;

use super::{
    compare::load,
    failure::{CliError, Exit, note},
    stdout,
};
use hotrow_report::{Across, comparisons};
use hotrow_results::Environment;

pub(super) const RANK_HELP: &str = "\
Each scenario of each run counts once. A strategy that was not ranked in every
scenario has no overall rank; it is listed, with the reason.

Examples:
  hotrow rank results/laptop/monday results/laptop/tuesday
  hotrow rank results/laptop/monday --markdown

Exit codes:
  0    ranked
  1    a run cannot be read
  5    nothing counted: no strategy is ranked in every scenario";

/// Ranks strategies over all scenarios of several runs.
#[derive(Debug, Args)]
pub(super) struct Rank {
    /// Folders of runs, or CSV files
    #[arg(value_name = "RUN", required = true)]
    pub(super) runs: Vec<PathBuf>,
    /// Print Markdown
    #[arg(long)]
    pub(super) markdown: bool,
}

/// Ranks strategies over the scenarios of all runs.
pub(super) fn rank(arguments: &Rank) -> Result<Exit, CliError> {
    let loaded = arguments.runs.iter().map(|run| load(run)).collect::<Result<Vec<_>, _>>()?;
    let environments: Vec<&Environment> =
        loaded.iter().filter_map(|run| run.environment.as_ref()).collect();
    let other = environments.windows(2).find_map(|pair| pair[0].incomparable_with(pair[1]));
    if let Some(what) = other {
        note(format_args!("CAUTION: the runs are of several machines: {what}"));
    }
    // A scenario of two runs counts twice: its blocks are different blocks.
    let all: Vec<_> = loaded.iter().flat_map(|run| comparisons(&run.rows)).collect();
    let across = Across::of(&all);
    let text = match arguments.markdown {
        true => across.markdown(),
        false => across.terminal(stdout::width()),
    };
    stdout::print(&text).map_err(CliError::from_output)?;
    if across.has_ranking() {
        return Ok(Exit::Done);
    }
    note("nothing counted: no strategy is ranked in every scenario");
    Ok(Exit::NothingCounted)
}
