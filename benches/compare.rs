//! The ranking: every strategy of the registry with concurrent clients, in shuffled blocks. Each
//! measurement is audited. It is the quick comparison of the command line, with more blocks.
//!
//! `cargo bench --bench compare` takes about two minutes; after `--`
//!
//! - a word selects strategies by a part of their name, and `--list` prints their names;
//! - `--quick` takes less than a minute;
//! - `--test` measures each strategy once, for milliseconds, and fails if a linearizable one has a
//!   violation;
//! - `--save-baseline NAME` keeps the rows, and `--baseline NAME` compares with them.
//!
//! Rows are stored under `results/local`. `hotrow run` has all other options.

fn main() -> std::process::ExitCode {
    hotrow_cli::compare()
}
