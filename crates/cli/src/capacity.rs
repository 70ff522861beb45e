//! `hotrow capacity`: the most requests a second within a service level objective.

mod objective;
mod outputs;
mod probe;
mod setup;
mod stages;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args;

use self::{objective::Objective, setup::Setup};
use super::{
    databases::Databases,
    failure::{CliError, Exit},
    output::Format,
    scenario_args::ScenarioArgs,
    values::seed,
};

pub(super) const CAPACITY_HELP: &str = "\
The capacity of a strategy is the highest offered load (Poisson arrivals) that
keeps the objective: the quantile of the response time stays below the bound,
and the share of --achieved of the requests is completed. A bisection finds
where probes begin to fail. Then every strategy is probed at seven fixed loads
around that, in blocks with all of them in a new random order, and only these
probes count: at the capacity, half of them pass. The 95 % interval is exact,
by sign tests. Every probe is audited; a violation has no capacity.

Without --slo, `noop` shows which objective the machine can resolve. With one
that `noop` itself breaks, or that a probe has too few requests for, a lower
quantile is used, and a line says so.

Examples:
  hotrow capacity                          all strategies on one hot row
  hotrow capacity cas mutex --slo 'p99<1ms' --achieved 99.9%
  hotrow capacity --users 1k --clients tasks:64 --curve
  hotrow capacity --results results/laptop/slo --export-svg slo.svg

Exit codes:
  0    done
  1    failed, or no block counts: the machine is busy
  2    wrong usage: one line says why, and nothing was measured
  3    a strategy that claims linearizability violated it
  130  stopped; complete probes are kept, marked partial";

/// Finds the most requests a second within an SLO.
#[derive(Debug, Args)]
pub(super) struct Capacity {
    /// Strategies [default: all that fit the store]
    strategies: Vec<String>,
    /// Objective of the response time, such as p99<1ms
    /// [default: what the machine resolves]
    #[arg(long, allow_hyphen_values = true, value_name = "QUANTILE<TIME", value_parser = objective::parse, verbatim_doc_comment)]
    slo: Option<Objective>,
    /// Share of the requests that must be completed
    /// [default: 99%]
    #[arg(long, allow_hyphen_values = true, value_name = "SHARE", value_parser = objective::achieved, verbatim_doc_comment)]
    achieved: Option<u32>,
    /// Also measure response times at shares of the
    /// closed-loop rate and at common rates
    #[arg(long, verbatim_doc_comment)]
    curve: bool,
    /// Time to aim at; it sets the number of blocks,
    /// from 6 to 20 [default: 120]
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400), verbatim_doc_comment)]
    seconds: Option<u32>,
    /// Use blocks during which other programs were
    /// busy, and mark every result NOISY
    #[arg(long, verbatim_doc_comment)]
    accept_noise: bool,
    #[command(flatten)]
    scenario: ScenarioArgs,
    #[command(flatten)]
    output: CapacityOutput,
}

/// The seed, and where results go.
#[derive(Debug, Args)]
pub(super) struct CapacityOutput {
    /// Seed of all randomness
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// What to print: table, json, or csv (probes)
    /// [default: table]
    #[arg(long, value_enum, default_value_t = Format::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true, verbatim_doc_comment)]
    format: Format,
    /// Also write the probes to FILE
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,
    /// Also write the capacities to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,
    /// Also write the capacities to FILE, as Markdown
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,
    /// Also draw response times by load in FILE
    #[arg(long, value_name = "FILE")]
    export_svg: Option<PathBuf>,
    /// Also store the probes in DIR, block by block
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Replace the run in DIR once this one is complete
    #[arg(long, requires = "results")]
    overwrite: bool,
}

/// Finds and shows the capacities. Wrong usage is detected before anything is measured.
pub(super) fn capacity(arguments: &Capacity) -> Result<Exit, CliError> {
    let setup = Setup::new(arguments)?;
    outputs::check(&arguments.output)?;
    let _databases = Databases::open([(setup.contenders[0].entry, setup.location)])?;
    let run = stages::measure(&setup)?;
    outputs::show(&arguments.output, &setup, &run)
}
