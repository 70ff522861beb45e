//! Writes the computed blocks of pages anew, or tells which of them are stale.

use std::{fs, path::Path};

use super::{
    arguments::Report,
    failure::{Exit, Failure, note},
};
use crate::{
    record::{SavedRun, replace},
    report::{Outcome, Source, outcomes, refresh, render_block},
};

/// Renders every page from all saved runs.
pub(super) fn report(asked: &Report) -> Result<Exit, Failure> {
    let runs = load(&asked.results)?;
    let sources: Vec<Source<'_>> = runs.iter().map(|(name, run)| Source { name, run }).collect();
    let mut stale = Vec::new();
    for page in &asked.pages {
        let file = page.display();
        let failed = |error: std::io::Error| Failure::failed(format!("{file}: {error}"));
        let text = fs::read_to_string(page).map_err(failed)?;
        let fresh = refresh(&text, |block| render_block(block, &sources))
            .map_err(|error| Failure::failed(format!("{file}:{error}")))?;
        if fresh == text {
            continue;
        }
        if !asked.check {
            replace(page, fresh.as_bytes()).map_err(failed)?;
            note(format_args!("{file} is written anew"));
        }
        stale.push(file.to_string());
    }
    if asked.check {
        check_claims(&sources)?;
    }
    match asked.check && !stale.is_empty() {
        true => Err(Failure::failed(format!("stale: {}; run `hotrow report`", stale.join(", ")))),
        false => Ok(Exit::Done),
    }
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
    let failed = |error: std::io::Error| {
        Failure::failed(format!("cannot list {}: {error}", results.display()))
    };
    let mut runs = Vec::new();
    for directory in SavedRun::find(results).map_err(failed)? {
        let name = directory.strip_prefix(results).unwrap_or(&directory);
        let name = name.to_string_lossy().replace('\\', "/");
        let run = SavedRun::load(&directory).map_err(|error| Failure::failed(error.to_string()))?;
        runs.push((name, run));
    }
    Ok(runs)
}
