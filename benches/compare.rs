//! The ranking: every strategy of the registry under clients that contend, in shuffled blocks, each
//! measurement audited. It is the quick comparison of the command line by another name.
//!
//! `cargo bench --bench compare` takes about half a minute; after `--` a word picks strategies by
//! part of their name, `--list` names them, and `--test` measures each once, for milliseconds, and
//! fails if one that claims to be sound is wrong. What else can be measured is up to
//! `hotrow run`.

fn main() -> std::process::ExitCode {
    hotrow::cli::compare()
}
