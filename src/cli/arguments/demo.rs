//! What `hotrow demo` takes: a mistake of measuring.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::seed;

pub(super) const DEMO_HELP: &str = "\
omission  The mutex stalls for 20 ms in every 250. Clients that wait for their
          answers hardly see it, since they do not ask while they wait; of
          requests that come anyway it is most of the tail. One minute.
order     Identical code is measured one after the other, and in shuffled
          blocks. What the machine does meanwhile is a difference in the one
          and cancels in the other. Under two minutes.

With --results DIR, `order` keeps its rows in DIR-one-by-one and DIR-shuffled;
their column `process` is the repetition of the pair.";

/// A demonstration.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Demo {
    /// omission: to wait for answers before asking again;
    /// order: to measure one thing after the other
    #[arg(value_enum, hide_possible_values = true, verbatim_doc_comment)]
    pub(in crate::cli) mistake: Mistake,
    /// What randomness is drawn from
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(in crate::cli) seed: u64,
    /// Also keep the rows in DIR
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) results: Option<PathBuf>,
    /// Replace the run in DIR once this is complete
    #[arg(long, requires = "results")]
    pub(in crate::cli) overwrite: bool,
}

/// What can be done wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Mistake {
    Omission,
    Order,
}
