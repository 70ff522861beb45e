//! Rules for the source as a whole that no compiler checks.
//!
//! The crates of the workspace keep the layers apart; these rules hold inside of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The only file that may use the given tables. Access from another file would bypass the lock of a
/// strategy. Other files may only configure the latency.
/// Where the given tables are.
const TABLES: &str = "src/store/simulated/tables";

const TABLES_USER: &str = "src/store/simulated.rs";

/// The code that runs under random schedules: strategies, seeded bugs, and the layers below them.
const EXPLORED: [&str; 4] = ["src/strategy", "src/store", "src/service.rs", "tests/seeded_bugs"];

/// All strategies must use the same store, and no strategy may bypass it.
#[test]
fn only_the_simulated_store_uses_the_tables() {
    for file in sources("src") {
        if file.starts_with(TABLES) || file == Path::new(TABLES_USER) {
            continue;
        }
        for path in imports(&file) {
            assert!(
                !path.contains("tables"),
                "{} imports `{path}`: only {TABLES_USER} may",
                file.display()
            );
        }
    }
}

/// The scheduler cannot interleave a lock or an atomic that is not taken from `sync`, so random
/// schedules would not check the code that uses it.
#[test]
fn explored_code_synchronizes_only_through_the_facade() {
    for folder in EXPLORED {
        for file in sources(folder) {
            let text = fs::read_to_string(&file).unwrap();
            // The tests of a file run on real threads.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for root in ["std::", "core::"] {
                for path in paths(code, root) {
                    let direct =
                        ["sync", "thread", "hint"].contains(&path.split("::").next().unwrap());
                    assert!(!direct, "{} uses `{root}{path}`: take it from `sync`", file.display());
                }
            }
            for library in ["tokio::", "parking_lot::"] {
                let direct = paths(code, library);
                assert!(
                    direct.is_empty(),
                    "{} uses `{library}{}`: take it from `sync`",
                    file.display(),
                    direct[0]
                );
            }
        }
    }
}

/// A property that names a strategy would not be a property of all strategies.
#[test]
fn no_property_names_a_strategy() {
    for file in sources("crates/verify/src/contract/properties") {
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        for entry in hotrow_registry::entries() {
            let plain: String = entry.strategy.chars().filter(|&c| c != '-').collect();
            for name in [entry.strategy, &plain] {
                let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
                assert!(!words.any(|word| word == name), "{} names {name}", file.display());
            }
        }
    }
}

/// The parser must find every form of import. Otherwise the rules above check nothing.
#[test]
fn imports_are_found_in_every_form() {
    let text = "
        //! [`crate::above`] in a comment is no import
        use crate::{clock::CoarseClock, domain::{Account, command::{self, Command}}};
        pub use crate::stats;
        fn here() { crate::store::open(); }
        use super::super::service::PointService;
    ";
    let found = paths(text, "crate::");
    let expected = ["clock::CoarseClock", "domain::Account", "domain::command::self"];
    assert_eq!(found[..3], expected);
    assert_eq!(found[3..], ["domain::command::Command", "stats", "store::open"]);
    assert_eq!(paths(text, "super::super::"), ["service::PointService"]);
}

/// Returns the paths of the library that `file` names, relative to its root.
fn imports(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let mut found = paths(&text, "crate::");
    found.extend(paths(&text, "hotrow::"));
    found
}

/// Returns every path in `text` that follows `root`. Trees in braces are expanded.
fn paths(text: &str, root: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (start, _) in code.match_indices(root) {
        let before = code[..start].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            tree(&code[start + root.len()..], "", &mut found);
        }
    }
    found
}

/// Adds the paths of the tree at the start of `text`, and returns the rest.
fn tree<'a>(text: &'a str, prefix: &str, found: &mut Vec<String>) -> &'a str {
    let mut rest = text.trim_start();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = tree(rest, prefix, found).trim_start().trim_start_matches(',').trim_start();
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let path = format!("{prefix}{}", &rest[..end]);
    match rest[end..].strip_prefix("::") {
        Some(deeper) => tree(deeper, &format!("{path}::"), found),
        None => {
            found.push(path);
            // Skips a character that cannot begin a path, so that the parser always advances.
            &rest[end.max(rest.chars().next().map_or(0, char::len_utf8))..]
        }
    }
}

/// Returns the source files below `folder`, or `folder` itself if it is a source file.
fn sources(folder: &str) -> Vec<PathBuf> {
    if folder.ends_with(".rs") {
        return vec![PathBuf::from(folder)];
    }
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                Some(extension) if extension == "rs" => files.push(path),
                _ if path.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no source file");
    files.sort();
    files
}
