//! What `hotrow audit` takes: histories, and what their search may use.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::whole;
use crate::linearizability::Budget;

pub(super) const AUDIT_HELP: &str = "\
A history is linearizable if every operation seems to happen at one moment
between its call and its return. If none of the orders that respect real time
explains what clients saw, it is impossible, and the first operation that has no
place is shown.

Read are our own format, EDN as Jepsen and Knossos keep it, and the text of
Jepsen's logs, each also packed by gzip. Format and object are seen from the
file; docs/HISTORY_FORMAT.md describes them.

Jepsen's :fail says that an operation did not happen. A client that found no
leader says the same as one that found another value, so a failed :cas says
nothing about the register. --failed-cas observed finds more, and is right only
where :fail means nothing else.

Examples:
  hotrow audit recorded.jsonl              point accounts, in our own format
  hotrow audit store/etcd/latest/history.edn      what Jepsen left
  hotrow audit --failed-cas observed etcd.log     as Porcupine judges it
  hotrow audit --model kv - < kv.txt       nothing but a store of texts

A history is impossible as soon as one of its keys or users is. It is undecided
if none is and the search of one ran out of steps, memory or time.

Exit codes, the worst of all files:
  0    every history is linearizable
  1    a file cannot be read, or a history is undecided
  2    a file is malformed: its line is named, and the rest is not audited
  3    a history is impossible";

/// Histories.
#[derive(Debug, Args)]
pub(in crate::cli) struct Audit {
    /// What was recorded; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// What histories must be of: account, register, kv or
    /// bank [default: what each file has in it]
    #[arg(long, value_enum, hide_possible_values = true, verbatim_doc_comment)]
    pub(in crate::cli) model: Option<Model>,
    /// What a compare-and-set that failed says: ignored
    /// (nothing, as Jepsen means it) or observed (that the
    /// register held something else, as Porcupine has it)
    /// [default: ignored]
    #[arg(long, value_enum, value_name = "MEANS", default_value_t = FailedSet::Ignored)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    pub(in crate::cli) failed_cas: FailedSet,
    /// Let balances of a bank be below zero
    #[arg(long)]
    pub(in crate::cli) overdraft: bool,
    /// Steps of the search of a history, all of its keys
    /// or users together [default: 10000000]
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = whole(1..=u64::MAX))]
    #[arg(allow_negative_numbers = true, hide_default_value = true, verbatim_doc_comment)]
    max_steps: u64,
    /// Memory of that search in MiB [default: 1024]
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = whole(1..=1 << 24))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_mib: u64,
    /// Seconds of that search [default: 60]
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = whole(1..=1_000_000))]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    max_seconds: u64,
    /// Print an array of objects
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

impl Audit {
    /// What the search of a history may use before it is given up.
    pub(in crate::cli) fn budget(&self) -> Budget {
        Budget {
            steps: usize::try_from(self.max_steps).unwrap_or(usize::MAX),
            bytes: usize::try_from(self.max_mib << 20).unwrap_or(usize::MAX),
            time: std::time::Duration::from_secs(self.max_seconds),
        }
    }
}

/// What a history can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Model {
    Account,
    Register,
    Kv,
    Bank,
}

/// What a compare-and-set that failed says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailedSet {
    Ignored,
    Observed,
}
