//! What a request over HTTP costs, what of that the strategy is, and what is left to rank by.
//!
//! Servers are compared by the processor time of a request, which is the server's alone, and by
//! requests a second, for which they share a machine with what asks them. The same strategies in
//! process are those of another run: both are of one machine, and no block has both.

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
use super::{blocks::Material, claims::CellPattern, comparison::Measured, figures::three_digits};
use crate::record::{Kind, Row};

/// The strategy of which bounds are said: what is served if none is named.
const SERVED: &str = "queue";

/// The table of the servers and whether the bounds hold, for a terminal.
pub fn http_terminal(rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.kind == Kind::Http).collect();
    let measured = Measured::of(&rows);
    let servers = Servers::of(&measured);
    let lines: Vec<String> = servers.bounds().into_iter().chain(remarks(&servers)).collect();
    let lines: Vec<String> = lines.iter().map(|line| line.replace("**", "") + "\n").collect();
    format!("{}\n{}", servers.table().terminal(usize::MAX).0, lines.concat())
}

/// Of a run of servers, and of the run in process that is named behind it.
pub(super) fn http(material: &Material<'_>) -> Result<String, String> {
    let rows: Vec<&Row> = material.run().rows.iter().filter(|row| row.kind == Kind::Http).collect();
    let measured = Measured::of(&rows);
    let servers = Servers::of(&measured);
    let process = material.sources.iter().find(|source| source.name == material.rest);
    let process = process.ok_or_else(|| {
        format!("name a run of the same strategies in process: results/{} is none", material.rest)
    })?;
    let (run, cores) = (process.run, process.run.environment.cores);
    let alone = CellPattern::with_threads(1).rows(&run.rows, cores)?;
    let crowd = CellPattern::default().rows(&run.rows, cores)?;
    let threads = crowd.first().map_or(0, |row| row.clients);
    let (in_alone, in_crowd) = (Measured::of(&alone), Measured::of(&crowd));
    let share = Share::of(&servers, &in_alone, &in_crowd, threads)?;
    let ranks = Ranks::of(&rows, &crowd).ok_or("the run in process has no such cell")?;

    let list = |lines: Vec<String>| -> String {
        lines.into_iter().map(|line| format!("- {line}\n")).collect()
    };
    let environment = &run.environment;
    Ok(format!(
        "{}\n{}\n{TABLE_LEGEND}\n\n{}\n### What of it the strategy is\n\n{}\n\n{}\n{SHARE_LEGEND}\n\n\
         ### What is left to rank by\n\n{}\n\n{}\n_In process: `{}`, run {} in `results/{}`._\n",
        setting(&material.run().environment.plan),
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

const TABLE_LEGEND: &str = "Processor time is the server's, of all its threads; ratios are medians \
    over the blocks of the ratio within a block, with their 95 % intervals. The times of an answer \
    are those of a closed loop, which asks again when it was answered: they say how long the line \
    of its own connections was, and nothing of response under a promised rate.";

const SHARE_LEGEND: &str = "In process a command is half charges and half uses, and includes what \
    asking costs there. Beyond null are the strategy, its store and its ledger together, over HTTP, \
    as the median over the blocks.";

/// How it was measured, as the run says.
fn setting(plan: &str) -> String {
    match plan {
        "" => String::new(),
        plan => format!("{plan}.\n"),
    }
}

/// `1.2 %`, `0.47 %`.
fn percent(share: f64) -> String {
    format!("{} %", three_digits(share * 100.0))
}

/// `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [only] => (*only).to_owned(),
        [firsts @ .., last] => format!("{} and {last}", firsts.join(", ")),
    }
}

fn or_none<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}
