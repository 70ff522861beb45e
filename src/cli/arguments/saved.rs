//! What `hotrow compare`, `hotrow rank` and `hotrow report` take: runs that were saved.

use std::path::PathBuf;

use clap::Args;

use super::values::share;

pub(super) const COMPARE_HELP: &str = "\
Rates of two runs are minutes or weeks apart, and what the machine did between
them is in every difference: the line of `null`, which answers nothing, shows
how much. Ratios to the baseline were taken within the blocks of each run, and
are what should be the same in both.

Examples:
  hotrow compare results/laptop/before results/laptop/after
  hotrow compare before.csv after.csv --fail-above 10%

Exit codes:
  0    compared
  1    a run could not be read, they share no cell, or are of two machines
  4    something got worse by more than --fail-above, beyond doubt";

pub(super) const REPORT_HELP: &str = "\
A block `plot RUN NAME` of a page shows a chart. Its picture is written to
RESULTS/RUN/plots/NAME.svg, and is stale like a page if it is not what the rows
say, or if no page shows it.

Examples:
  hotrow report                            after a run, or to see what changed
  hotrow report --check                    in a test
  hotrow report --html run.html            the latest run, to look around in
  hotrow report --html run.html laptop/hot another, by its place below results

Exit codes:
  0    done
  1    a page or a picture is stale, or could not be read or written";

/// Two runs.
#[derive(Debug, Args)]
pub(in crate::cli) struct Compare {
    /// The earlier run: its directory, or a CSV file
    pub(in crate::cli) before: PathBuf,
    /// The later run
    pub(in crate::cli) after: PathBuf,
    /// Exit with 4 if anything got worse by more than this,
    /// as 10%, and that is beyond doubt
    #[arg(long, allow_hyphen_values = true, value_name = "SHARE", value_parser = share, verbatim_doc_comment)]
    pub(in crate::cli) fail_above: Option<f64>,
    /// Compare them even if they are of two machines
    #[arg(long)]
    pub(in crate::cli) across_machines: bool,
}

/// Runs to rank over.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rank {
    /// Directories of runs, or CSV files
    #[arg(value_name = "RUN", required = true)]
    pub(in crate::cli) runs: Vec<PathBuf>,
    /// Print Markdown
    #[arg(long)]
    pub(in crate::cli) markdown: bool,
}

/// Pages.
#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    /// Write nothing, and exit with 1 if a page is stale
    #[arg(long)]
    pub(in crate::cli) check: bool,
    /// Where runs are, as MACHINE/RUN
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(in crate::cli) results: PathBuf,
    /// Write no page, but every chart and table of one run
    /// to FILE, for a browser; the latest, if none is named
    #[arg(long, value_names = ["FILE", "RUN"], num_args = 1..=2, verbatim_doc_comment)]
    #[arg(conflicts_with_all = ["check", "pages"])]
    pub(in crate::cli) html: Option<Vec<PathBuf>>,
    /// Pages with blocks in them
    #[arg(value_name = "PAGE", default_values = ["README.md", "REPORT.md"])]
    pub(in crate::cli) pages: Vec<PathBuf>,
}
