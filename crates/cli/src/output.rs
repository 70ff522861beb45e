//! The options that every measuring sub-command shares: the seed, and where results go.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::seed;

/// The seed, and where results go.
#[derive(Debug, Clone, Args)]
pub(super) struct Output {
    /// Seed of all randomness
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// What to print: table (rankings), json (rankings,
    /// machine) or csv (measurements) [default: table]
    #[arg(long, value_enum, default_value_t = Format::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(super) format: Format,
    /// Also write the measurements to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) export_csv: Option<PathBuf>,
    /// Also write the rankings to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) export_json: Option<PathBuf>,
    /// Also write the rankings to FILE, as Markdown for
    /// a pull request, or for "$GITHUB_STEP_SUMMARY"
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(super) export_markdown: Option<PathBuf>,
    /// Also write the rankings to FILE, as AsciiDoc
    #[arg(long, value_name = "FILE")]
    pub(super) export_asciidoc: Option<PathBuf>,
    /// Also store the run in DIR as it is measured,
    /// such as results/laptop/quick
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    pub(super) results: Option<PathBuf>,
    /// Continue the stopped run in DIR
    #[arg(long, requires = "results")]
    pub(super) resume: bool,
    /// Replace the run in DIR once this one is complete
    #[arg(long, requires = "results", conflicts_with = "resume")]
    pub(super) overwrite: bool,
    /// Measure as this fork of several, and report each
    /// block to the parent process
    #[arg(long, value_name = "FORK", hide = true, verbatim_doc_comment)]
    pub(super) stream: Option<u32>,
}

impl Output {
    /// Returns the options for a table on standard output and no files.
    pub(super) fn table() -> Output {
        Output {
            seed: 1,
            format: Format::Table,
            export_csv: None,
            export_json: None,
            export_markdown: None,
            export_asciidoc: None,
            results: None,
            resume: false,
            overwrite: false,
            stream: None,
        }
    }
}

/// The format of standard output: tables, one row per measurement, or the environment and the
/// rankings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Csv,
    Json,
}
