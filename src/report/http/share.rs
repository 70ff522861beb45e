//! What of a request the strategy is.

use std::fmt;

use super::{SERVED, or_none, percent, servers::Servers};
use crate::{
    record::Role,
    report::{
        claims::Metric,
        comparison::Measured,
        figures::duration,
        standing::Series,
        table::{Align, Column, Table},
    },
    stats::{Interval, Summary, median},
};

/// What a request costs over HTTP and what the same strategy costs in process.
pub(super) struct Share {
    /// With how many threads the crowded cell is.
    threads: u32,
    lines: Vec<Portion>,
}

/// Of one strategy.
pub(super) struct Portion {
    pub(super) strategy: String,
    http_ns: f64,
    /// Nanoseconds, and as a share; of null there is nothing.
    beyond_null: Option<[Beyond; 2]>,
    pub(super) alone_ns: f64,
    crowd_ns: f64,
}

impl Share {
    /// Of all that were measured there and here, cheapest in process first.
    pub(super) fn of(
        servers: &Servers<'_>,
        alone: &Measured<'_>,
        crowd: &Measured<'_>,
        threads: u32,
    ) -> Result<Share, String> {
        let in_process = |measured: &Measured<'_>, strategy: &str, role: Role| {
            let is_it = |one: &&Series<'_>| (one.strategy, one.role) == (strategy, role);
            let series = measured.series.iter().find(is_it)?;
            Some(Summary::of(&Metric::CpuPerRequest.of(series, None))?.median)
        };
        let charges = servers
            .costed()
            .filter(|server| server.place.asked == "charge" && server.series.role != Role::Twin);
        let mut lines: Vec<Portion> = charges
            .filter_map(|server| {
                let Series { strategy, role, .. } = *server.series;
                Some(Portion {
                    strategy: strategy.to_owned(),
                    http_ns: server.cpu_ns()?,
                    beyond_null: beyond_null(servers, strategy),
                    alone_ns: in_process(alone, strategy, role)?,
                    crowd_ns: in_process(crowd, strategy, role)?,
                })
            })
            .collect();
        lines.sort_by(|one, other| one.alone_ns.total_cmp(&other.alone_ns));
        match lines.iter().any(|line| line.strategy == SERVED) {
            true => Ok(Share { threads, lines }),
            false => Err(format!("there is no charge behind {SERVED}, or none in process")),
        }
    }

    pub(super) fn sentence(&self) -> String {
        let line = self.lines.iter().find(|line| line.strategy == SERVED);
        let Portion { http_ns, alone_ns, crowd_ns, beyond_null, .. } =
            line.expect("there is a line of what is served");
        let threads = self.threads;
        let beyond = beyond_null.as_ref().map_or_else(String::new, |[more, share]| {
            let none = share.interval.is_some_and(|interval| interval.contains(0.0));
            let told = match none {
                true => "which may as well be nothing".to_owned(),
                false => format!("{}", Percent(*share)),
            };
            format!(
                " Beside the same service over a strategy that answers at once and keeps nothing \
                 it takes {} more, {told}: in that are the store and the ledger too.",
                signed(more.median)
            )
        });
        format!(
            "Of the {} of processor time that a charge behind {SERVED} takes over HTTP, the strategy \
             is {}, by what a command takes in process with 1 thread on the same row: {}. With \
             {threads} threads that contend it takes {}, or {}.{beyond}",
            duration(*http_ns),
            duration(*alone_ns),
            percent(alone_ns / http_ns),
            duration(*crowd_ns),
            percent(crowd_ns / http_ns),
        )
    }

    pub(super) fn table(&self) -> Table {
        let names = [
            "processor a charge, over HTTP".to_owned(),
            "beyond null".to_owned(),
            "as a share".to_owned(),
            "a command in process, 1 thread".to_owned(),
            "as a share".to_owned(),
            format!("{} threads", self.threads),
            "as a share".to_owned(),
        ];
        let numbers = names.into_iter().map(|name| Column::new(name, Align::Right, 0));
        let first = Column::new("strategy", Align::Left, 0);
        let mut table = Table::new([first].into_iter().chain(numbers).collect());
        for line in &self.lines {
            let beyond = line.beyond_null.as_ref();
            table.push(vec![
                line.strategy.clone(),
                duration(line.http_ns),
                or_none(beyond, |[more, _]| signed(more.median)),
                or_none(beyond, |[_, share]| Percent(*share).to_string()),
                duration(line.alone_ns),
                percent(line.alone_ns / line.http_ns),
                duration(line.crowd_ns),
                percent(line.crowd_ns / line.http_ns),
            ]);
        }
        table
    }

    /// Who lies within `ns` of the cheapest in process and who does not, of those that decide.
    pub(super) fn within(&self, ns: f64) -> Option<[Vec<&Portion>; 2]> {
        let contenders = || self.lines.iter().filter(|line| line.beyond_null.is_some());
        let least = contenders().map(|line| line.alone_ns).reduce(f64::min)?;
        let (within, beyond) = contenders().partition(|line| line.alone_ns - least <= ns);
        Some([within, beyond])
    }
}

/// What a charge takes more than one behind `null`, in nanoseconds and as a share of it.
fn beyond_null(servers: &Servers<'_>, strategy: &str) -> Option<[Beyond; 2]> {
    let null = servers.find("null", Role::Reference, "charge")?;
    let charge = servers.find(strategy, Role::Contender, "charge")?;
    let pairs = || charge.cpu.iter().zip(null.cpu.iter()).filter_map(|(one, null)| one.zip(null));
    let more: Vec<f64> = pairs().map(|(one, null)| one - null).collect();
    let share: Vec<f64> = pairs().map(|(one, null)| 1.0 - null / one).collect();
    Some([Beyond::of(&more)?, Beyond::of(&share)?])
}

/// What is more than something else, or less.
#[derive(Debug, Clone, Copy)]
struct Beyond {
    median: f64,
    interval: Option<Interval>,
}

impl Beyond {
    fn of(values: &[f64]) -> Option<Beyond> {
        Some(Beyond { median: median(values)?, interval: Interval::of_median(values) })
    }
}

/// A share with its interval: `3.1 % [1.2, 4.9]`.
struct Percent(Beyond);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Beyond { median, interval } = self.0;
        write!(f, "{:.1} %", median * 100.0)?;
        match interval {
            Some(Interval { low, high }) => write!(f, " [{:.1}, {:.1}]", low * 100.0, high * 100.0),
            None => write!(f, " [too few blocks]"),
        }
    }
}

/// `+300 ns`, `-1.20 us`.
fn signed(ns: f64) -> String {
    format!("{}{}", if ns < 0.0 { '-' } else { '+' }, duration(ns.abs()))
}
