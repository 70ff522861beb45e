//! Computes the share of the strategy in the cost of a request over HTTP.

use std::fmt;

use super::{SERVED, or_none, percent, servers::Servers};
use crate::{
    claims::Metric,
    comparison::Measured,
    contender_summary::Series,
    figures::duration,
    table::{Align, Column, Table},
};
use hotrow_results::{
    Role,
    stats::{Interval, Summary, median},
};

/// The cost of a request over HTTP and of a command in process, for each strategy.
pub(super) struct Share {
    /// The number of threads of the contended scenario.
    threads: u32,
    lines: Vec<Portion>,
}

/// The costs of one strategy, in nanoseconds of processor time.
pub(super) struct Portion {
    pub(super) strategy: String,
    http_ns: f64,
    /// The cost beyond that of `noop`, in nanoseconds and as a share; `None` for a reference.
    beyond_noop: Option<[Beyond; 2]>,
    /// A command in process with one thread.
    pub(super) single_ns: f64,
    /// A command in process with contending threads.
    contended_ns: f64,
}

impl Share {
    /// Compares the strategies that were measured over HTTP and in process, cheapest in process
    /// first.
    pub(super) fn new(
        servers: &Servers<'_>,
        single: &Measured<'_>,
        contended: &Measured<'_>,
        threads: u32,
    ) -> Result<Share, String> {
        let in_process = |measured: &Measured<'_>, strategy: &str, role: Role| {
            let is_it = |series: &&Series<'_>| (series.strategy, series.role) == (strategy, role);
            let series = measured.series.iter().find(is_it)?;
            Some(Summary::of(&Metric::CpuPerRequest.values(series, None))?.median)
        };
        let charges = servers.for_cpu().filter(|server| {
            server.scenario.request == "charge" && server.series.role != Role::AaControl
        });
        let mut lines: Vec<Portion> = charges
            .filter_map(|server| {
                let Series { strategy, role, .. } = *server.series;
                Some(Portion {
                    strategy: strategy.to_owned(),
                    http_ns: server.cpu_ns()?,
                    beyond_noop: beyond_noop(servers, strategy),
                    single_ns: in_process(single, strategy, role)?,
                    contended_ns: in_process(contended, strategy, role)?,
                })
            })
            .collect();
        lines.sort_by(|a, b| a.single_ns.total_cmp(&b.single_ns));
        match lines.iter().any(|line| line.strategy == SERVED) {
            true => Ok(Share { threads, lines }),
            false => Err(format!("there is no charge with {SERVED} over HTTP or in process")),
        }
    }

    pub(super) fn sentence(&self) -> String {
        let line = self.lines.iter().find(|line| line.strategy == SERVED);
        let Portion { http_ns, single_ns, contended_ns, beyond_noop, .. } =
            line.expect("Share::new returns an error without this line");
        let threads = self.threads;
        let beyond = beyond_noop.as_ref().map_or_else(String::new, |[more, share]| {
            let is_insignificant = share.interval.is_some_and(|interval| interval.contains(0.0));
            let share = match is_insignificant {
                true => "no significant difference".to_owned(),
                false => Percent(*share).to_string(),
            };
            format!(
                " Compared with the same service with noop, which decides and stores nothing, the \
                 difference is {} ({share}): it includes the store and the ledger.",
                signed(more.median)
            )
        });
        format!(
            "A charge with {SERVED} takes {} of processor time over HTTP. A command in process \
             with 1 thread on the same row takes {}: the share of the strategy is {}. With \
             {threads} contending threads a command takes {}, which is {}.{beyond}",
            duration(*http_ns),
            duration(*single_ns),
            percent(single_ns / http_ns),
            duration(*contended_ns),
            percent(contended_ns / http_ns),
        )
    }

    pub(super) fn table(&self) -> Table {
        let names = [
            "processor time per charge over HTTP".to_owned(),
            "beyond noop".to_owned(),
            "share".to_owned(),
            "command in process, 1 thread".to_owned(),
            "share".to_owned(),
            format!("{} threads", self.threads),
            "share".to_owned(),
        ];
        let numbers = names.into_iter().map(|name| Column::new(name, Align::Right, 0));
        let first = Column::new("strategy", Align::Left, 0);
        let mut table = Table::new([first].into_iter().chain(numbers).collect());
        for line in &self.lines {
            let beyond = line.beyond_noop.as_ref();
            table.push(vec![
                line.strategy.clone(),
                duration(line.http_ns),
                or_none(beyond, |[more, _]| signed(more.median)),
                or_none(beyond, |[_, share]| Percent(*share).to_string()),
                duration(line.single_ns),
                percent(line.single_ns / line.http_ns),
                duration(line.contended_ns),
                percent(line.contended_ns / line.http_ns),
            ]);
        }
        table
    }

    /// Partitions the contenders by their in-process cost: within `ns` of the cheapest, and beyond.
    pub(super) fn within(&self, ns: f64) -> Option<[Vec<&Portion>; 2]> {
        let contenders = || self.lines.iter().filter(|line| line.beyond_noop.is_some());
        let least = contenders().map(|line| line.single_ns).reduce(f64::min)?;
        let (within, beyond) = contenders().partition(|line| line.single_ns - least <= ns);
        Some([within, beyond])
    }
}

/// Returns the cost of a charge beyond that of a charge with `noop`, in nanoseconds and as a share
/// of the charge.
fn beyond_noop(servers: &Servers<'_>, strategy: &str) -> Option<[Beyond; 2]> {
    let noop = servers.find("noop", Role::Reference, "charge")?;
    let charge = servers.find(strategy, Role::Contender, "charge")?;
    let pairs =
        || charge.cpu.iter().zip(noop.cpu.iter()).filter_map(|(charge, noop)| charge.zip(noop));
    let more: Vec<f64> = pairs().map(|(charge, noop)| charge - noop).collect();
    let share: Vec<f64> = pairs().map(|(charge, noop)| 1.0 - noop / charge).collect();
    Some([Beyond::new(&more)?, Beyond::new(&share)?])
}

/// A difference with its interval.
#[derive(Debug, Clone, Copy)]
struct Beyond {
    median: f64,
    interval: Option<Interval>,
}

impl Beyond {
    fn new(values: &[f64]) -> Option<Beyond> {
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
            None => write!(f, " [insufficient samples]"),
        }
    }
}

/// `+300 ns`, `-1.20 us`.
fn signed(ns: f64) -> String {
    format!("{}{}", if ns < 0.0 { '-' } else { '+' }, duration(ns.abs()))
}
