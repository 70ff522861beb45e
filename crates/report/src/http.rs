//! Renders the cost of a request over HTTP as one table and three sentences: the share of the
//! strategy, the bounds of the service, and the differences between strategies that remain.
//!
//! Servers are compared by the processor time per request, which is the server's alone, and by
//! requests a second, for which the load generator shares the machine. The results of the same
//! strategies in process are from another run on the same machine: no block has both.

#[cfg(test)]
mod tests;

use super::{
    claims::Metric,
    comparison::{Comparison, Measured, comparisons},
    contender_summary::{AuditSummary, Series},
    figures::{duration, listed, percent_above_one, rate_of, three_digits},
    scenarios::ScenarioPattern,
    source::RenderContext,
    table::{Align, Column, Table},
};
use hotrow::scenario::Clients;
use hotrow_results::{
    Kind, MeasurementRow, Role,
    stats::{Better, Blocks, Interval, Ratio, Summary, Verdict, median},
};

/// The strategy that the bounds are about: the default of the server.
const SERVED: &str = "queue";

/// The bound of the processor time of a charge, as a multiple of that of hyper's hello.
const OF_HYPER_MAX: f64 = 2.0;

/// The bound of charges a second, as a multiple of Node's hellos a second.
const OF_NODE_MIN: f64 = 2.5;

/// The cores of server and load generator, in the order of the table: one that both share, one
/// each, and all, with their names in scenarios and in the table.
const CORES: [(&str, &str); 3] = [("one", "one, shared"), ("each", "one each"), ("all", "all")];

/// The kinds of requests, in the order of the table.
const REQUESTS: [&str; 3] = ["hello", "charge", "read"];

const LEGEND: &str = "Processor time is that of all threads of the server. Ratios are medians over \
    the blocks of the ratio within a block, with their 95 % intervals. `beyond noop` is the cost of \
    the strategy, its store and its ledger together, with the share of the charge. The command in \
    process has 1 thread; commands are half charges and half uses there, and the time includes the \
    cost of sending a request. The times p50 and p99 are service times of a closed loop: they \
    reflect the queue of its own connections, and not the response times of an open loop.";

/// Renders the table of the servers and the sentences, for a terminal.
pub fn http_terminal(rows: &[MeasurementRow]) -> String {
    let rows = http_rows(rows);
    let measured = Measured::new(&rows);
    let servers = Servers::new(&measured, None);
    let sentences: Vec<String> = servers.sentences(&rows);
    format!("{}\n{}\n", servers.table().terminal(usize::MAX).0, sentences.join("\n"))
}

/// Renders a run of servers, and the in-process run that the argument names.
pub(super) fn http(context: &RenderContext<'_>) -> Result<String, String> {
    let (run, name) = (context.run(), context.rest);
    let process = context.sources.iter().find(|source| source.name == name);
    let process = process.ok_or_else(|| {
        format!("name an in-process run of the same strategies: there is no run in results/{name}")
    })?;
    let single = ScenarioPattern::with_clients(Clients::Threads(1));
    let single = single.rows(&process.run.rows, process.run.environment.cores)?;
    let rows = http_rows(&run.rows);
    let (measured, in_process) = (Measured::new(&rows), Measured::new(&single));
    let servers = Servers::new(&measured, Some(&in_process));
    let sentences: Vec<String> =
        servers.sentences(&rows).into_iter().map(|line| format!("- {line}\n")).collect();
    let plan = &run.environment.plan;
    let plan = if plan.is_empty() { String::new() } else { format!("{plan}.\n\n") };
    let (table, sentences) = (servers.table().markdown(), sentences.concat());
    let environment = &process.run.environment;
    Ok(format!(
        "{plan}{table}\n{LEGEND}\n\n{sentences}\n_In process: `{}`, run {} in `results/{name}`._\n",
        environment.command, environment.run,
    ))
}

fn http_rows(rows: &[MeasurementRow]) -> Vec<&MeasurementRow> {
    rows.iter().filter(|row| row.kind == Kind::Http).collect()
}

/// One server in one scenario.
struct Server<'a> {
    series: &'a Series<'a>,
    /// The index of its cores in [`CORES`].
    cores: usize,
    /// The index of its kind of request in [`REQUESTS`].
    request: usize,
    /// Processor time per request, in nanoseconds.
    cpu: Blocks,
    /// Requests per second.
    rate: Blocks,
}

impl<'a> Server<'a> {
    /// Parses the scenario of a series, such as `http/charge/connections=32/cores=one`.
    fn new(series: &'a Series<'a>) -> Server<'a> {
        let parts: Vec<&str> = series.scenario.split(['/', '=']).collect();
        let is_in = |name: &str| parts.contains(&name);
        Server {
            cores: CORES.iter().position(|(name, _)| is_in(name)).unwrap_or(CORES.len() - 1),
            request: REQUESTS.iter().position(|name| is_in(name)).unwrap_or_default(),
            cpu: Metric::CpuPerRequest.values(series),
            rate: series.rates(),
            series,
        }
    }

    fn name(&self) -> String {
        let control = if self.series.role == Role::AaControl { " (A/A control)" } else { "" };
        format!("{}{control}", self.series.strategy)
    }

    fn cores_used(&self) -> Option<f64> {
        let used = self
            .series
            .blocks(|row| (row.window_ns > 0).then(|| row.cpu_ns as f64 / row.window_ns as f64));
        mid(&used)
    }

    fn audit(&self) -> &'static str {
        match self.series.audit() {
            AuditSummary::Pass { .. } => "pass",
            AuditSummary::Violation { .. } => "VIOLATION",
            AuditSummary::NotAudited => "-",
        }
    }
}

/// All servers of a run, in the order of the table.
struct Servers<'a> {
    all: Vec<Server<'a>>,
    measured: &'a Measured<'a>,
    in_process: Option<&'a Measured<'a>>,
}

impl<'a> Servers<'a> {
    fn new(measured: &'a Measured<'a>, in_process: Option<&'a Measured<'a>>) -> Servers<'a> {
        let mut all: Vec<Server<'a>> = measured.series.iter().map(Server::new).collect();
        let cpu = |server: &Server<'_>| mid(&server.cpu).unwrap_or(f64::INFINITY);
        all.sort_by(|a, b| {
            (a.cores, a.request).cmp(&(b.cores, b.request)).then(cpu(a).total_cmp(&cpu(b)))
        });
        Servers { all, measured, in_process }
    }

    /// Finds a server on the cores with this index, which is not an A/A control.
    fn find(&self, strategy: &str, request: &str, cores: usize) -> Option<&Server<'a>> {
        self.all.iter().find(|server| {
            (server.series.strategy, REQUESTS[server.request], server.cores)
                == (strategy, request, cores)
                && server.series.role != Role::AaControl
        })
    }

    /// Returns the cores with the least other influence on processor time: one, if it was measured.
    fn cores_for_cpu(&self) -> usize {
        self.all.first().map_or(0, |server| server.cores)
    }

    /// Returns the cores on which requests a second are limited by the server: one each, if it was
    /// measured.
    fn cores_for_rate(&self) -> usize {
        if self.all.iter().any(|server| server.cores == 1) { 1 } else { self.cores_for_cpu() }
    }

    fn table(&self) -> Table {
        let words = ["cores", "server", "request"].map(|name| Column::new(name, Align::Left, 0));
        let numbers = [
            "processor time per request",
            "vs hyper hello",
            "beyond noop",
            "command in process",
            "requests a second",
            "vs Node hello",
            "p50",
            "p99",
            "cores used",
            "audit",
        ];
        let numbers = numbers.map(|name| Column::new(name, Align::Right, 0));
        let mut table = Table::new(words.into_iter().chain(numbers).collect());
        for server in &self.all {
            let hello = |name| self.find(name, "hello", server.cores);
            let [p50, p99, ..] = server.series.service_ns();
            table.push(vec![
                CORES[server.cores].1.to_owned(),
                server.name(),
                REQUESTS[server.request].to_owned(),
                or_none(mid(&server.cpu), duration),
                ratio(&server.cpu, hello("hyper").map(|hyper| &hyper.cpu)),
                self.beyond_noop(server).unwrap_or_else(|| "-".to_owned()),
                or_none(self.in_process_ns(server), duration),
                or_none(mid(&server.rate), rate_of),
                ratio(&server.rate, hello("node").map(|node| &node.rate)),
                or_none(p50, duration),
                or_none(p99, duration),
                or_none(server.cores_used(), |used| format!("{used:.2}")),
                server.audit().to_owned(),
            ]);
        }
        table
    }

    /// Returns the processor time of a charge beyond that of a charge with `noop`, and its share of
    /// the charge: `+113 ns (2.5 % [1.8, 5.1])`.
    fn beyond_noop(&self, server: &Server<'_>) -> Option<String> {
        if (server.series.role, REQUESTS[server.request]) != (Role::Contender, "charge") {
            return None;
        }
        let noop = self.find("noop", "charge", server.cores)?;
        let pairs = server.cpu.iter().zip(noop.cpu.iter());
        let pairs: Vec<(f64, f64)> = pairs.filter_map(|(charge, noop)| charge.zip(noop)).collect();
        let more = median(&pairs.iter().map(|(charge, noop)| charge - noop).collect::<Vec<_>>())?;
        let shares: Vec<f64> =
            pairs.iter().map(|(charge, noop)| 100.0 * (1.0 - noop / charge)).collect();
        let interval = match Interval::of_median(&shares) {
            Some(Interval { low, high }) => format!("[{low:.1}, {high:.1}]"),
            None => "[insufficient samples]".to_owned(),
        };
        let sign = if more < 0.0 { '-' } else { '+' };
        let share = median(&shares)?;
        Some(format!("{sign}{} ({share:.1} % {interval})", duration(more.abs())))
    }

    /// Returns the processor time of a command of the same strategy in process, for a charge.
    fn in_process_ns(&self, server: &Server<'_>) -> Option<f64> {
        let Series { strategy, role, .. } = *server.series;
        let is_it = |series: &&Series<'_>| (series.strategy, series.role) == (strategy, role);
        let series = self.in_process?.series.iter().find(is_it)?;
        let is_charge = REQUESTS[server.request] == "charge" && role != Role::AaControl;
        mid(&Metric::CpuPerRequest.values(series)).filter(|_| is_charge)
    }

    /// Returns what the table shows: the share of the strategy, the bounds, the differences, and
    /// what invalidates a row.
    fn sentences(&self, rows: &[&MeasurementRow]) -> Vec<String> {
        let three = [self.share(), self.bounds(), self.differences(rows)];
        three.into_iter().flatten().chain(self.remarks()).collect()
    }

    fn share(&self) -> Option<String> {
        let charge = self.find(SERVED, "charge", self.cores_for_cpu())?;
        let (over_http, in_process) = (mid(&charge.cpu)?, self.in_process_ns(charge)?);
        Some(format!(
            "A charge with {SERVED} takes {} of processor time over HTTP, and a command in process \
             with 1 thread {}: the share of the strategy is {} %.",
            duration(over_http),
            duration(in_process),
            three_digits(100.0 * in_process / over_http)
        ))
    }

    fn bounds(&self) -> Option<String> {
        let (for_cpu, for_rate) = (self.cores_for_cpu(), self.cores_for_rate());
        let of_hyper = Ratio::of(
            &self.find(SERVED, "charge", for_cpu)?.cpu,
            &self.find("hyper", "hello", for_cpu)?.cpu,
        )?;
        let holds_hyper = holds(of_hyper.interval, |end| end <= OF_HYPER_MAX);
        let to_node = |request| {
            let node = self.find("node", request, for_rate)?;
            Ratio::of(&self.find(SERVED, "charge", for_rate)?.rate, &node.rate)
        };
        let node = to_node("hello").map_or_else(String::new, |of_node| {
            let holds = holds(of_node.interval, |end| end >= OF_NODE_MIN);
            format!(
                ", and the service answers {of_node} as many charges a second as Node answers \
                 hellos (the bound, at least {OF_NODE_MIN} x, {holds})"
            )
        });
        let same = to_node("charge").map_or_else(String::new, |of_node| {
            format!(" and {of_node} as many as Node answers charges without checks")
        });
        Some(format!(
            "A charge with {SERVED} takes {of_hyper} the processor time of a hello of bare hyper \
             (the bound, at most {OF_HYPER_MAX} x, {holds_hyper}){node}{same}."
        ))
    }

    /// Describes the A/A pair of servers, and how many pairs of strategies differ.
    fn differences(&self, rows: &[&MeasurementRow]) -> Option<String> {
        let is_control = |server: &&Server<'_>| server.series.role == Role::AaControl;
        let control = self.all.iter().find(is_control)?;
        let original = self.find(SERVED, "charge", control.cores)?;
        let itself = match Ratio::of(&control.cpu, &original.cpu)?.interval {
            Some(Interval { low, high }) => {
                format!("differ by at most {}", percent_above_one(high.max(low.recip())))
            }
            None => "ran in too few blocks to bound their difference".to_owned(),
        };
        let charges = rows.iter().filter(|row| row.scenario.starts_with("http/charge/"));
        let charges: Vec<MeasurementRow> = charges.map(|row| (*row).clone()).collect();
        let counts: Vec<String> =
            comparisons(&charges).iter().filter_map(different_pairs).collect();
        Some(format!(
            "Two servers with {SERVED} {itself} in the processor time per request (A/A, 95 % \
             confidence); pairs of strategies that differ in requests a second: {}.",
            listed(&counts)
        ))
    }

    /// Describes violations and excluded blocks.
    fn remarks(&self) -> Vec<String> {
        let violation = |server: &Server<'_>| match server.series.audit() {
            AuditSummary::Violation { violation, .. } => {
                Some(format!("{}: violation: {violation}.", server.name()))
            }
            AuditSummary::Pass { .. } | AuditSummary::NotAudited => None,
        };
        let excluded = self.measured.excluded_because.iter().map(|(blocks, reason)| {
            let consequence = match self.measured.is_measured {
                true => "The table leaves them out.",
                false => "Nothing is measured: the table shows all blocks.",
            };
            format!("Excluded blocks: {blocks}, the last because of {reason}. {consequence}")
        });
        self.all.iter().filter_map(violation).chain(excluded).collect()
    }
}

/// Counts the pairs of strategies that differ significantly: `3 of 6 with cores=all`. `None` for a
/// single strategy.
fn different_pairs(comparison: &Comparison) -> Option<String> {
    let names: Vec<&str> = comparison.contenders.iter().map(|it| &*it.strategy).collect();
    let (mut all, mut different) = (0, 0);
    for (index, strategy) in names.iter().enumerate() {
        for baseline in &names[index + 1..] {
            let Some(ratio) = comparison.ratio(strategy, baseline) else { continue };
            let verdict = ratio.verdict(Better::Higher);
            all += 1;
            different += usize::from(matches!(verdict, Verdict::Faster | Verdict::Slower));
        }
    }
    let (_, cores) = comparison.scenario.rsplit_once('/')?;
    (all > 0).then(|| format!("{different} of {all} with {cores}"))
}

fn holds(interval: Option<Interval>, within: impl Fn(f64) -> bool) -> &'static str {
    match interval.map(|Interval { low, high }| (within(low), within(high))) {
        None => "is inconclusive: insufficient samples",
        Some((true, true)) => "holds",
        Some((false, false)) => "does not hold",
        Some(_) => "is inconclusive: the interval contains it",
    }
}

fn mid(blocks: &Blocks) -> Option<f64> {
    Summary::of(blocks).map(|summary| summary.median)
}

fn ratio(ours: &Blocks, theirs: Option<&Blocks>) -> String {
    or_none(theirs.and_then(|theirs| Ratio::of(ours, theirs)), |ratio| ratio.to_string())
}

fn or_none<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}
