//! Every relative link of every document leads to a file, and every anchor to a heading.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Folders without documents of the project.
const SKIPPED: [&str; 3] = ["target", ".git", "mutants.out"];

/// A file that moves, or a heading that changes, must not leave a dead link behind.
#[test]
fn every_relative_link_leads_somewhere() {
    let documents = documents(Path::new("."));
    assert!(documents.len() > 5, "{documents:?}");
    let mut dead = Vec::new();
    for document in &documents {
        let text = fs::read_to_string(document).unwrap();
        for link in
            links(&text).filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                file => document.parent().unwrap().join(file),
            };
            let is_found = target.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).unwrap())
                        .iter()
                        .any(|it| it == anchor));
            if !is_found {
                dead.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
}

/// A checker that sees no links would pass on any text.
#[test]
fn links_and_anchors_are_found_in_every_form() {
    let text = "[a](b.md#c), ![d](e.svg \"title\") and `[no](link)`\n```\n[no](link)\n```\n\
        [f]: g.md\n    [no](link)\n";
    assert_eq!(links(text).collect::<Vec<_>>(), ["b.md#c", "e.svg", "g.md"]);
    let headings = "# The `memory` store, again\n## Why?\n### Why?\n```\n# no heading\n```\n";
    assert_eq!(anchors(headings), ["the-memory-store-again", "why", "why-1"]);
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            found.extend(documents(&path));
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found
}

/// Returns the lines outside code blocks, which are fenced or indented.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence && !line.starts_with("    ")
    })
}

/// Returns the targets of inline links `[text](target)` and of references `[name]: target`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        let reference = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        // Every second part of a line is code between backticks.
        let inline = line.split('`').step_by(2).flat_map(|part| part.split("](").skip(1));
        let inline = inline.filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
        let targets = inline.chain(reference.map(|(_, target)| target));
        targets.map(|target| target.split(' ').next().unwrap_or_default())
    })
}

/// Returns the anchors of the headings, as GitHub makes them: lower case, without punctuation, with
/// `-` for spaces, and numbered where a heading stands again.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let headings = prose(text).filter(|line| line.trim_start_matches('#').starts_with(' '));
    let headings = headings.filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let is_kept = |letter: &char| letter.is_alphanumeric() || "-_ ".contains(*letter);
            let anchor: String = heading.chars().filter(is_kept).collect();
            let anchor = anchor.replace(' ', "-");
            let before = seen.entry(anchor.clone()).or_default();
            *before += 1;
            if *before == 1 { anchor } else { format!("{anchor}-{}", *before - 1) }
        })
        .collect()
}
