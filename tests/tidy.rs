//! What holds of the source as a whole, and no compiler checks.
//!
//! Modules lie in layers, and none imports from a layer above its own: so the rules can be read
//! without the strategies, and the strategies without what measures them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The modules, lowest layer first. A module may import from its own layer and from those below.
const LAYERS: &[&[&str]] = &[
    &["scratch", "domain", "database", "clock", "timer", "stats", "sync", "machine", "plot"],
    &["workload", "history", "audit", "linearizability", "store"],
    &["strategy"],
    &["service"],
    &["engine"],
    &["registry", "record"],
    &["proof", "report", "http"],
    &["cli", "main"],
];

/// A table of the database that is read or written beside the store could be changed without a
/// turn: everybody else may only choose how slow it is.
const TABLES_ARE_FOR: &str = "src/store/tables.rs";

/// What is explored under many schedules: strategies, right and wrong, and all that is below them.
const EXPLORED: [&str; 5] =
    ["src/strategy", "src/store", "src/database", "src/service.rs", "tests/wrong"];

/// A report that the rules depend on, or a store that knows its strategies, could no longer be
/// understood or changed alone.
#[test]
fn no_module_imports_from_a_layer_above_its_own() {
    for file in sources("src") {
        let Some(module) = module_of(&file) else { continue };
        // The tests of a layer may use what is built on it, to have something to test it with.
        let is_test = |part: &Path| part.file_stem().is_some_and(|stem| stem == "tests");
        if file.ancestors().any(is_test) {
            continue;
        }
        let layer = layer_of(&module);
        for path in imports(&file) {
            let imported = path.split("::").next().unwrap_or_default();
            // Names in lower case are modules; any other is a re-export of the crate's root.
            if imported.starts_with(char::is_lowercase) {
                assert!(
                    layer_of(imported) <= layer,
                    "{}: {module} must not import `{path}`, which lies above it",
                    file.display()
                );
            }
        }
    }
}

/// The strategies must all stand before the same store, and none reach around it.
#[test]
fn only_its_store_knows_the_tables() {
    for file in sources("src") {
        if file.starts_with("src/database") || file == Path::new(TABLES_ARE_FOR) {
            continue;
        }
        for path in imports(&file).iter().filter(|path| path.starts_with("database")) {
            assert!(
                ["database::Latency", "database::ParseLatencyError"].contains(&path.as_str()),
                "{} imports `{path}`: only {TABLES_ARE_FOR} may",
                file.display()
            );
        }
    }
}

/// A lock or an atomic that is not taken from `sync` is one that no explored schedule comes between: what
/// is shown of a strategy would not be shown of it.
#[test]
fn what_is_explored_synchronises_through_the_facade_alone() {
    for folder in EXPLORED {
        for file in sources(folder) {
            let text = fs::read_to_string(&file).unwrap();
            // The tests of a file run on real threads.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for root in ["std::", "core::"] {
                for path in paths(code, root) {
                    let direct =
                        ["sync", "thread", "hint"].contains(&path.split("::").next().unwrap());
                    assert!(!direct, "{} uses `{root}{path}` and not `sync`", file.display());
                }
            }
            for library in ["tokio::", "parking_lot::"] {
                let direct = paths(code, library);
                assert!(direct.is_empty(), "{} uses `{library}{}`", file.display(), direct[0]);
            }
        }
    }
}

/// A property that knows whom it is held against is no longer a property of all.
#[test]
fn no_property_names_a_strategy() {
    for file in sources("src/proof/properties") {
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        for entry in hotrow::registry::entries() {
            let plain: String = entry.strategy.chars().filter(|&c| c != '-').collect();
            for name in [entry.strategy, &plain] {
                let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
                assert!(!words.any(|word| word == name), "{} names {name}", file.display());
            }
        }
    }
}

/// The reader of imports must see through every form of them, or the rules above see nothing.
#[test]
fn imports_are_found_in_every_form() {
    let text = "
        //! [`crate::above`] in a comment is no import
        use crate::{clock::Tick, domain::{Account, command::{self, Command}}};
        pub use crate::stats;
        fn here() { crate::store::open(); }
        use super::super::service::Points;
    ";
    let found = paths(text, "crate::");
    let expected = ["clock::Tick", "domain::Account", "domain::command::self"];
    assert_eq!(found[..3], expected);
    assert_eq!(found[3..], ["domain::command::Command", "stats", "store::open"]);
    assert_eq!(paths(text, "super::super::"), ["service::Points"]);
}

fn layer_of(module: &str) -> usize {
    let layer = LAYERS.iter().position(|modules| modules.contains(&module));
    layer.unwrap_or_else(|| panic!("module `{module}` has no layer: give it one in {}", file!()))
}

fn is_module(name: &str) -> bool {
    LAYERS.iter().any(|modules| modules.contains(&name))
}

/// The top module that `file` belongs to; the crate's root belongs to none.
fn module_of(file: &Path) -> Option<String> {
    let first = file.strip_prefix("src").ok()?.components().next()?;
    let name = Path::new(first.as_os_str()).file_stem()?.to_str()?;
    (name != "lib").then(|| name.to_owned())
}

/// What `file` names of the crate, from the crate's root on.
fn imports(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let mut found = paths(&text, "crate::");
    found.extend(paths(&text, "hotrow::"));
    // Where `super` is the root: in a file directly below it, or two steps up from one further down.
    let to_root = "super::".repeat(file.components().count() - 1);
    let is_mod = file.file_stem().is_some_and(|stem| stem == "mod");
    let to_root = if is_mod { &to_root["super::".len()..] } else { &to_root };
    // In a file's own tests it is the file, so only what is known to be a module counts.
    let above = paths(&text, to_root);
    found.extend(above.into_iter().filter(|path| path.split("::").next().is_some_and(is_module)));
    found
}

/// Every path in `text` that follows `root`, with trees in braces taken apart.
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

/// Adds the paths of the tree that `text` begins with, and gives what comes after it.
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
            // What cannot begin a path is passed over, so that reading always comes to an end.
            &rest[end.max(rest.chars().next().map_or(0, char::len_utf8))..]
        }
    }
}

/// The source files below `folder`, which may be one itself.
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
    assert!(!files.is_empty(), "there is no source in {folder}");
    files.sort();
    files
}
