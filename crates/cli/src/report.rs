//! `hotrow report`: updates the generated blocks of pages and the plots that they show, or reports
//! which of them are stale.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    failure::{CliError, Exit, note},
    outlet,
    run::counts,
};
use hotrow_report::{
    Outcome, Shown, Source, outcomes, overview, refresh, render_block, shown_plot,
};
use hotrow_results::{StoredRun, replace};

pub(super) const REPORT_HELP: &str = "\
A block `plot RUN NAME` of a page shows a plot. Its image is written to
RESULTS/RUN/plots/NAME.svg, and is stale, as a page is, if it differs from what
the rows give, or if no page shows it.

Examples:
  hotrow report                            after a run
  hotrow report --check                    in a test
  hotrow report --html run.html            the latest run, as a page to explore
  hotrow report --html run.html laptop/hot another run, by its path in results

Exit codes:
  0    done
  1    a page or an image is stale, or cannot be read or written
  5    nothing counted in the run of --html: its page is written, and ranks
       nothing";

/// Updates the generated blocks of pages.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Write nothing, and exit with 1 if a page is stale
    #[arg(long)]
    pub(super) check: bool,
    /// Folder of the runs, as MACHINE/RUN
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) results: PathBuf,
    /// Write every chart and table of one run, by default
    /// the latest, to FILE for a browser, and no page
    #[arg(long, value_names = ["FILE", "RUN"], num_args = 1..=2, verbatim_doc_comment)]
    #[arg(conflicts_with_all = ["check", "pages"])]
    pub(super) html: Option<Vec<PathBuf>>,
    /// Pages with generated blocks
    #[arg(value_name = "PAGE", default_values = ["README.md", "REPORT.md"])]
    pub(super) pages: Vec<PathBuf>,
}

/// Renders every page from all stored runs, or one run for a browser.
pub(super) fn report(arguments: &Report) -> Result<Exit, CliError> {
    let runs = load(&arguments.results)?;
    let sources: Vec<Source<'_>> = runs.iter().map(|(name, run)| Source { name, run }).collect();
    if let Some(html) = &arguments.html {
        return browse(arguments, html, &sources);
    }
    let mut stale = Vec::new();
    let mut plots = BTreeSet::new();
    for page in &arguments.pages {
        let text = fs::read_to_string(page).map_err(|error| failed(page, error))?;
        let fresh = refresh(&text, |block| {
            plots.extend(shown_plot(block, &sources));
            render_block(block, &sources)
        });
        let fresh =
            fresh.map_err(|error| CliError::failed(format!("{}:{error}", page.display())))?;
        if fresh != text {
            write(arguments, page, &fresh)?;
            stale.push(page.display().to_string());
        }
    }
    for Shown { file, svg } in &plots {
        let file = arguments.results.join(file);
        if fs::read(&file).ok().as_deref() != Some(svg.as_bytes()) {
            write(arguments, &file, svg)?;
            stale.push(file.display().to_string());
        }
    }
    let unused = unused(arguments, &runs, &plots)?;
    if arguments.check {
        check_claims(&sources)?;
    }
    if arguments.check && !stale.is_empty() {
        return Err(CliError::failed(format!("stale: {}; run `hotrow report`", stale.join(", "))));
    }
    match arguments.check && !unused.is_empty() {
        true => Err(CliError::failed(format!("shown by no page: {}", unused.join(", ")))),
        false => Ok(Exit::Done),
    }
}

/// Writes a file, unless the command only checks.
fn write(arguments: &Report, file: &Path, text: &str) -> Result<(), CliError> {
    if arguments.check {
        return Ok(());
    }
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = directory.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| replace(file, text.as_bytes())).map_err(|error| failed(file, error))?;
    note(format_args!("{} is updated", file.display()));
    Ok(())
}

/// Returns the plot files that no page shows, of runs with a plot on some page. Such a file is left
/// from an earlier state, and no check would find it stale. It is not removed.
fn unused(
    arguments: &Report,
    runs: &[(String, StoredRun)],
    shown: &BTreeSet<Shown>,
) -> Result<Vec<String>, CliError> {
    let mut unused = Vec::new();
    let is_of = |run: &str| {
        shown
            .iter()
            .any(|plot| plot.file.strip_prefix(run).is_some_and(|rest| rest.starts_with('/')))
    };
    for (run, _) in runs.iter().filter(|(run, _)| is_of(run)) {
        let directory = arguments.results.join(run).join("plots");
        for file in files(&directory).map_err(|error| failed(&directory, error))? {
            if !shown.iter().any(|plot| arguments.results.join(&plot.file) == file) {
                unused.push(file.display().to_string());
            }
        }
    }
    if !arguments.check {
        unused.iter().for_each(|file| note(format_args!("{file} is shown by no page")));
    }
    Ok(unused)
}

/// Returns the plot files in a directory, sorted by name; none if the directory does not exist.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if directory.is_dir() {
        for entry in fs::read_dir(directory)? {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "svg"));
    files.sort();
    Ok(files)
}

/// Writes one run for a browser.
fn browse(arguments: &Report, html: &[PathBuf], sources: &[Source<'_>]) -> Result<Exit, CliError> {
    let results = arguments.results.display();
    let [file, wanted @ ..] = html else { return Ok(Exit::Done) };
    let source = match wanted.first() {
        Some(wanted) => sources.iter().find(|source| is_named(arguments, wanted, source.name)),
        // A run without rows has nothing to show.
        None => sources
            .iter()
            .filter(|source| !source.run.rows.is_empty())
            .max_by_key(|source| source.run.environment.started_at_unix_ms),
    };
    let Some(source) = source else {
        let names: Vec<&str> = sources.iter().map(|source| source.name).collect();
        return Err(CliError::usage(match (wanted.first(), names.is_empty()) {
            (Some(wanted), false) => {
                let wanted = wanted.display();
                format!("there is no run {wanted} in {results}: there are {}", names.join(", "))
            }
            _ => format!("there is no run in {results}: measure one with `hotrow run --results`"),
        }));
    };
    let page = overview(source);
    outlet::write(file, page.as_bytes())?;
    note(format_args!("{} shows run {}", file.display(), source.name));
    match counts(&source.run.rows) {
        true => Ok(Exit::Done),
        false => {
            note(format_args!("nothing counted in run {}: nothing is ranked", source.name));
            Ok(Exit::NothingCounted)
        }
    }
}

/// Returns whether `wanted` is the path of a run below the results, or its whole path.
fn is_named(arguments: &Report, wanted: &Path, name: &str) -> bool {
    wanted == Path::new(name) || wanted == arguments.results.join(name)
}

/// Fails if the verdict of a claim has changed, so that a test detects it before a reader does.
fn check_claims(sources: &[Source<'_>]) -> Result<(), CliError> {
    let outcomes = outcomes(sources).unwrap_or_default();
    let changed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.is_as_expected())
        .map(|Outcome { id, expected, verdict, .. }| {
            format!("{id} is `{}` and was `{}`", verdict.name(), expected.unwrap_or("missing"))
        })
        .collect();
    match changed.is_empty() {
        true => Ok(()),
        false => Err(CliError::failed(format!(
            "verdicts of claims changed: {}; if they are right, run \
             HOTROW_BLESS=1 cargo test --test claims",
            changed.join(", ")
        ))),
    }
}

/// Loads every run below `results`, with its path there as the name.
fn load(results: &Path) -> Result<Vec<(String, StoredRun)>, CliError> {
    let failed =
        |error: io::Error| CliError::failed(format!("cannot list {}: {error}", results.display()));
    let mut runs = Vec::new();
    for directory in StoredRun::find(results).map_err(failed)? {
        let name = directory.strip_prefix(results).unwrap_or(&directory);
        let name = name.to_string_lossy().replace('\\', "/");
        let run =
            StoredRun::load(&directory).map_err(|error| CliError::failed(error.to_string()))?;
        runs.push((name, run));
    }
    Ok(runs)
}

fn failed(file: &Path, error: io::Error) -> CliError {
    CliError::failed(format!("{}: {error}", file.display()))
}
