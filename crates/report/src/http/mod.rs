//! Renders the cost of a request over HTTP, the share of the strategy in it, and the differences
//! between strategies that remain.
//!
//! Servers are compared by the processor time per request, which is the server's alone, and by
//! requests a second, for which the load generator shares the machine. The results of the same
//! strategies in process are from another run on the same machine: no block has both.

mod ranks;
mod servers;
mod share;
#[cfg(test)]
mod tests;

use self::{
    ranks::Ranks,
    servers::{Servers, remarks},
    share::Share,
};
use super::{
    blocks::RenderContext, claims::ScenarioPattern, comparison::Measured, figures::three_digits,
};
use hotrow_results::{Kind, MeasurementRow};

/// The strategy that the bounds are about: the default of the server.
const SERVED: &str = "queue";

/// Renders the table of the servers and the bounds, for a terminal.
pub fn http_terminal(rows: &[MeasurementRow]) -> String {
    let rows: Vec<&MeasurementRow> = rows.iter().filter(|row| row.kind == Kind::Http).collect();
    let measured = Measured::new(&rows);
    let servers = Servers::new(&measured);
    let lines: Vec<String> = servers.bounds().into_iter().chain(remarks(&servers)).collect();
    let lines: Vec<String> = lines.iter().map(|line| line.replace("**", "") + "\n").collect();
    format!("{}\n{}", servers.table().terminal(usize::MAX).0, lines.concat())
}

/// Renders a run of servers, and the in-process run that the argument names.
pub(super) fn http(context: &RenderContext<'_>) -> Result<String, String> {
    let rows: Vec<&MeasurementRow> =
        context.run().rows.iter().filter(|row| row.kind == Kind::Http).collect();
    let measured = Measured::new(&rows);
    let servers = Servers::new(&measured);
    let process = context.sources.iter().find(|source| source.name == context.rest);
    let process = process.ok_or_else(|| {
        let name = context.rest;
        format!("name an in-process run of the same strategies: there is no run in results/{name}")
    })?;
    let (run, cores) = (process.run, process.run.environment.cores);
    let single = ScenarioPattern::with_threads(1).rows(&run.rows, cores)?;
    let contended = ScenarioPattern::default().rows(&run.rows, cores)?;
    let threads = contended.first().map_or(0, |row| row.clients);
    let (in_single, in_contended) = (Measured::new(&single), Measured::new(&contended));
    let share = Share::new(&servers, &in_single, &in_contended, threads)?;
    let ranks =
        Ranks::new(&rows, &contended).ok_or("the in-process run has no scenario of one hot row")?;

    let list = |lines: Vec<String>| -> String {
        lines.into_iter().map(|line| format!("- {line}\n")).collect()
    };
    let environment = &run.environment;
    Ok(format!(
        "{}\n{}\n{TABLE_LEGEND}\n\n{}\n### The share of the strategy\n\n{}\n\n{}\n{SHARE_LEGEND}\n\
         \n### Differences between strategies\n\n{}\n\n{}\n_In process: `{}`, run {} in \
         `results/{}`._\n",
        setting(&context.run().environment.plan),
        servers.table().markdown(),
        list(servers.bounds().into_iter().chain(remarks(&servers)).collect()),
        share.sentence(),
        share.table().markdown(),
        ranks.sentences(&servers, &share).join(" "),
        ranks.table().markdown(),
        environment.command,
        environment.run,
        process.name,
    ))
}

const TABLE_LEGEND: &str = "Processor time is that of all threads of the server. Ratios are \
    medians over the blocks of the ratio within a block, with their 95 % intervals. The times p50 \
    and p99 are service times of a closed loop: they reflect the queue of its own connections, and \
    not the response times of an open loop.";

const SHARE_LEGEND: &str = "In process, commands are half charges and half uses, and the time \
    includes the cost of sending a request. `beyond noop` is the cost of the strategy, its store \
    and its ledger together over HTTP, as the median over the blocks.";

/// Returns the plan of the run as a sentence.
fn setting(plan: &str) -> String {
    match plan {
        "" => String::new(),
        plan => format!("{plan}.\n"),
    }
}

/// Formats a share with three digits: `1.20 %`, `0.470 %`.
fn percent(share: f64) -> String {
    format!("{} %", three_digits(share * 100.0))
}

/// `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [firsts @ .., last] => format!("{} and {last}", firsts.join(", ")),
    }
}

fn or_none<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}
