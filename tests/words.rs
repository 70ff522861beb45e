//! The words of the project: a term that the glossary retired must not come back.
//!
//! One idea has one name in code, help, rows and documents. `docs/GLOSSARY.md` lists the names; this test
//! knows the ones that they replaced.

use std::{fs, process::Command};

/// Retired words and what replaced them.
const RETIRED: &[(&str, &str)] = &[
    ("anybody", "name the thing: a client, a thread, a request"),
    ("everybody", "name the thing: every client, every waiter"),
    ("nobody", "name the thing: no client, no thread"),
    ("somebody", "name the thing: another client, a reader"),
    ("whoever", "name the thing: the client that, the lock holder"),
    ("books balance", "the audit passes"),
    ("no books", "not audited"),
    ("no_books", "not_audited"),
    ("errand", "request"),
    ("found wrong", "violation detected"),
    ("hand-over", "handoff, or context switch"),
    ("mishap", "failure handling"),
    ("on purpose wrong", "seeded bug"),
    ("wrong on purpose", "seeded bug, or negative control"),
    ("planted", "seeded"),
    ("promised rate", "offered load"),
    ("too uneven to place", "inconclusive"),
    ("unguarded", "unsynchronized"),
    ("stands in line", "waits in the queue"),
    ("stand in line", "wait in the queue"),
];

/// Files that name retired words because that is what they are about: the translation of schema 1, old
/// spellings on the command line, this test; and texts that are not the project's own.
const EXEMPT: &[&str] = &[
    "CHANGELOG.md",
    "LICENSE",
    "Cargo.lock",
    "crates/cli/src/retired.rs",
    "crates/results/src/schema1.rs",
    "docs/GLOSSARY.md",
    "results/SCHEMA.md",
    "results/proof/",
    "results/epyc/",
    "results/reference/",
    "tests/data/",
    "tests/words.rs",
    "tools/mutants/Cargo.lock",
];

/// A retired word in one place teaches it to the next author.
#[test]
fn retired_words_stay_retired() {
    let listed = Command::new("git").args(["ls-files"]).output().unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let mut found = Vec::new();
    for file in files.lines().filter(|file| !EXEMPT.iter().any(|start| file.starts_with(start))) {
        // A picture or an archive is no text.
        let Ok(text) = fs::read_to_string(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            for (word, instead) in RETIRED.iter().filter(|(word, _)| has_word(&line, word)) {
                found.push(format!("{file}:{}: `{word}`: write {instead}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{} retired words:\n{}", found.len(), found.join("\n"));
}

/// Whether `line` has `word` between characters that are not letters, or as its plural.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let rest = &line[at + word.len()..];
        let after = rest.strip_prefix('s').unwrap_or(rest).chars().next();
        !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic)
    })
}

/// A finder that overlooks plurals, names in code, or the end of a line would let words back in.
#[test]
fn a_retired_word_is_found_in_every_form() {
    for line in ["errands wait", "an errand", "fn errand_of()", "`errand`", "the errand."] {
        assert!(has_word(line, "errand"), "{line}");
    }
    for line in ["serrand", "errandic"] {
        assert!(!has_word(line, "errand"), "{line}");
    }
}
