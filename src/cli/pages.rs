//! Writes the computed blocks of pages anew, or tells which of them are stale.

use std::{fs, path::Path};

use super::{
    arguments::Report,
    failure::{Exit, Failure, note},
};
use crate::{
    record::{SavedRun, replace},
    report::{Source, refresh, render_block},
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
    match asked.check && !stale.is_empty() {
        true => Err(Failure::failed(format!("stale: {}; run `hotrow report`", stale.join(", ")))),
        false => Ok(Exit::Done),
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
