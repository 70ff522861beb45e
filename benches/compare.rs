//! The ranking: every strategy of the registry under clients that contend, in shuffled blocks, each
//! measurement audited. It is the quick comparison of the command line, with more blocks.
//!
//! `cargo bench --bench compare` takes about two minutes; after `--`
//!
//! - a word picks strategies by part of their name, and `--list` names them;
//! - `--quick` takes less than a minute;
//! - `--test` measures each once, for milliseconds, and fails if one that claims to be sound is wrong;
//! - `--save-baseline NAME` keeps the rows, and `--baseline NAME` compares with them.
//!
//! Rows are kept under `results/local`. What else can be measured is up to `hotrow run`.

fn main() -> std::process::ExitCode {
    hotrow::cli::compare()
}
