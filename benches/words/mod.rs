//! The words after `cargo bench --bench NAME --`, for benchmarks that save what they find.
//!
//! A flag that is not known is passed over: what is given to `cargo bench` reaches every benchmark, and
//! may be meant for another.

use std::{env, io, path::PathBuf};

use hotrow_results::Earlier;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// One look at everything, of which nothing is saved.
    Test,
    Quick,
    Full,
}

/// What cargo and its user passed on.
pub(crate) struct Words {
    /// A part of the names of what is taken; empty for all.
    pub(crate) filter: String,
    pub(crate) help: bool,
    pub(crate) list: bool,
    pub(crate) effort: Effort,
    /// Where what is found goes.
    pub(crate) results: Option<PathBuf>,
    /// What becomes of a run that is there. A folder that was not named is this benchmark's own, and
    /// has its last run.
    pub(crate) earlier: Earlier,
}

impl Words {
    /// What was given, with the directory that is meant if none is named.
    pub(crate) fn given(results_if_none: &str) -> Words {
        let (mut filter, mut results) = (String::new(), None);
        let (mut is_bench, mut is_test, mut is_quick) = (false, false, false);
        let (mut help, mut list, mut overwrite) = (false, false, false);
        let mut given = env::args_os().skip(1);
        while let Some(word) = given.next() {
            match word.to_string_lossy().as_ref() {
                "--bench" => is_bench = true,
                "--test" => is_test = true,
                "--quick" => is_quick = true,
                "--help" | "-h" => help = true,
                "--list" => list = true,
                "--overwrite" => overwrite = true,
                "--results" => results = given.next().map(PathBuf::from),
                flag if flag.starts_with('-') => {}
                word => word.clone_into(&mut filter),
            }
        }
        // Without cargo's word, as under `cargo test --benches`, one look will do.
        let effort = match (is_test || !is_bench, is_quick) {
            (true, _) => Effort::Test,
            (false, true) => Effort::Quick,
            (false, false) => Effort::Full,
        };
        let earlier = match overwrite || results.is_none() {
            true => Earlier::Overwrite,
            false => Earlier::Keep,
        };
        let saves = effort != Effort::Test;
        let results = results.or_else(|| saves.then(|| PathBuf::from(results_if_none)));
        Words { filter, help, list, effort, results, earlier }
    }
}

/// How the benchmark of this name was called.
pub(crate) fn command_line(bench: &str) -> String {
    let given = env::args_os().skip(1).filter(|word| word != "--bench");
    let given = given.map(|word| format!(" {}", word.to_string_lossy())).collect::<String>();
    let given = if given.is_empty() { given } else { format!(" --{given}") };
    format!("cargo bench --bench {bench}{given}")
}

/// The comment at the head of a benchmark, as its help.
pub(crate) fn help_of(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// What can be done where a run is there already.
pub(crate) fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AlreadyExists => "; --overwrite replaces it",
        _ => "",
    }
}
