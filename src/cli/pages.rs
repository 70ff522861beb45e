//! Writes the computed blocks of pages and the pictures that they show anew, or tells which of them
//! are stale.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    arguments::Report,
    failure::{Exit, Failure, note},
    outlet,
};
use crate::{
    record::{SavedRun, replace},
    report::{Outcome, Shown, Source, outcomes, overview, refresh, render_block, shown_plot},
};

/// Renders every page from all saved runs or, if that is what is asked for, one run for a browser.
pub(super) fn report(asked: &Report) -> Result<Exit, Failure> {
    let runs = load(&asked.results)?;
    let sources: Vec<Source<'_>> = runs.iter().map(|(name, run)| Source { name, run }).collect();
    if let Some(html) = &asked.html {
        return browse(asked, html, &sources);
    }
    let mut stale = Vec::new();
    let mut pictures = BTreeSet::new();
    for page in &asked.pages {
        let text = fs::read_to_string(page).map_err(|error| failed(page, error))?;
        let fresh = refresh(&text, |block| {
            pictures.extend(shown_plot(block, &sources));
            render_block(block, &sources)
        });
        let fresh =
            fresh.map_err(|error| Failure::failed(format!("{}:{error}", page.display())))?;
        if fresh != text {
            write(asked, page, &fresh)?;
            stale.push(page.display().to_string());
        }
    }
    for Shown { file, svg } in &pictures {
        let file = asked.results.join(file);
        if fs::read(&file).ok().as_deref() != Some(svg.as_bytes()) {
            write(asked, &file, svg)?;
            stale.push(file.display().to_string());
        }
    }
    let unseen = unseen(asked, &runs, &pictures)?;
    if asked.check {
        check_claims(&sources)?;
    }
    if asked.check && !stale.is_empty() {
        return Err(Failure::failed(format!("stale: {}; run `hotrow report`", stale.join(", "))));
    }
    match asked.check && !unseen.is_empty() {
        true => Err(Failure::failed(format!("shown by no page: {}", unseen.join(", ")))),
        false => Ok(Exit::Done),
    }
}

/// Writes a file, unless it is only to be told that it is stale.
fn write(asked: &Report, file: &Path, text: &str) -> Result<(), Failure> {
    if asked.check {
        return Ok(());
    }
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = directory.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| replace(file, text.as_bytes())).map_err(|error| failed(file, error))?;
    note(format_args!("{} is written anew", file.display()));
    Ok(())
}

/// Pictures of runs that a page shows something of, which none of the pages shows: they are of an
/// earlier state, and nobody would see them go wrong. Nothing is removed here.
fn unseen(
    asked: &Report,
    runs: &[(String, SavedRun)],
    shown: &BTreeSet<Shown>,
) -> Result<Vec<String>, Failure> {
    let mut unseen = Vec::new();
    let is_of = |run: &str| {
        shown
            .iter()
            .any(|picture| picture.file.strip_prefix(run).is_some_and(|rest| rest.starts_with('/')))
    };
    for (run, _) in runs.iter().filter(|(run, _)| is_of(run)) {
        let directory = asked.results.join(run).join("plots");
        for file in files(&directory).map_err(|error| failed(&directory, error))? {
            if !shown.iter().any(|picture| asked.results.join(&picture.file) == file) {
                unseen.push(file.display().to_string());
            }
        }
    }
    if !asked.check {
        unseen.iter().for_each(|file| note(format_args!("{file} is shown by no page")));
    }
    Ok(unseen)
}

/// The pictures in a directory, in the order of their names; none if it is not there.
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
fn browse(asked: &Report, html: &[PathBuf], sources: &[Source<'_>]) -> Result<Exit, Failure> {
    let results = asked.results.display();
    let [file, wanted @ ..] = html else { return Ok(Exit::Done) };
    let source = match wanted.first() {
        Some(wanted) => sources.iter().find(|source| is_named(asked, wanted, source.name)),
        // What has no rows has nothing to look around in.
        None => sources
            .iter()
            .filter(|source| !source.run.rows.is_empty())
            .max_by_key(|source| source.run.environment.started_at_unix_ms),
    };
    let Some(source) = source else {
        let names: Vec<&str> = sources.iter().map(|source| source.name).collect();
        return Err(Failure::usage(match (wanted.first(), names.is_empty()) {
            (Some(wanted), false) => {
                let wanted = wanted.display();
                format!("there is no run {wanted} in {results}: there are {}", names.join(", "))
            }
            _ => format!("there is no run in {results}: measure one with `hotrow run --results`"),
        }));
    };
    let page = overview(source);
    outlet::write(file, page.as_bytes())?;
    note(format_args!("{} is of {}", file.display(), source.name));
    Ok(Exit::Done)
}

/// Whether a run was named by its place below the results, or by its directory.
fn is_named(asked: &Report, wanted: &Path, name: &str) -> bool {
    wanted == Path::new(name) || wanted == asked.results.join(name)
}

/// A claim that has come out otherwise than it did is found here and not by a reader.
fn check_claims(sources: &[Source<'_>]) -> Result<(), Failure> {
    let outcomes = outcomes(sources).unwrap_or_default();
    let changed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.is_as_expected())
        .map(|Outcome { id, expected, verdict, .. }| {
            format!("{id} is `{}` and was `{}`", verdict.name(), expected.unwrap_or("not there"))
        })
        .collect();
    match changed.is_empty() {
        true => Ok(()),
        false => Err(Failure::failed(format!(
            "claims have come out otherwise: {}; if that is right, \
             HOTROW_BLESS=1 cargo test --test claims",
            changed.join(", ")
        ))),
    }
}

/// Every run below `results`, with its name there.
fn load(results: &Path) -> Result<Vec<(String, SavedRun)>, Failure> {
    let failed =
        |error: io::Error| Failure::failed(format!("cannot list {}: {error}", results.display()));
    let mut runs = Vec::new();
    for directory in SavedRun::find(results).map_err(failed)? {
        let name = directory.strip_prefix(results).unwrap_or(&directory);
        let name = name.to_string_lossy().replace('\\', "/");
        let run = SavedRun::load(&directory).map_err(|error| Failure::failed(error.to_string()))?;
        runs.push((name, run));
    }
    Ok(runs)
}

fn failed(file: &Path, error: io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", file.display()))
}
