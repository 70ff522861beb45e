//! The servers of a run: the costs of each, and the bounds of the service.

use std::fmt;

use super::{SERVED, or_none};
use crate::{
    claims::Metric,
    comparison::Measured,
    contender_summary::{AuditSummary, Series},
    figures::{duration, rate_of},
    table::{Align, Column, Table},
};
use hotrow_results::{
    Role,
    stats::{Blocks, Interval, NoiseFloor, Ratio, Summary},
};

/// The bound of the processor time of a charge, as a multiple of that of hyper's hello.
const OF_HYPER_MAX: f64 = 2.0;

/// The bound of charges a second, as a multiple of Node's hellos a second.
const OF_NODE_MIN: f64 = 2.5;

/// A server that uses less than this share of its core has waited for the load generator.
const BUSY: f64 = 0.95;

/// The cores of server and load generator, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cores {
    /// Both share one core, so no thread wakes another on a second core.
    One,
    /// Each has its own core, so requests a second are limited by the server.
    Each,
    /// Both share all cores.
    All,
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cores::One => "one, shared",
            Cores::Each => "one each",
            Cores::All => "all, shared",
        })
    }
}

/// The scenario of a server: its cores and the kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerScenario<'a> {
    pub(super) cores: Cores,
    /// `hello`, `charge` or `read`.
    pub(super) request: &'a str,
}

impl<'a> ServerScenario<'a> {
    /// Parses the name of a scenario, such as `http/charge/connections=32/cores=one`.
    pub(super) fn parse(scenario: &'a str) -> ServerScenario<'a> {
        let mut parts = scenario.split('/').skip(1);
        let request = parts.next().unwrap_or_default();
        let cores = match parts.last() {
            Some("cores=one") => Cores::One,
            Some("cores=each") => Cores::Each,
            _ => Cores::All,
        };
        ServerScenario { cores, request }
    }
}

/// One server in one scenario.
pub(super) struct Server<'a> {
    pub(super) series: &'a Series<'a>,
    pub(super) scenario: ServerScenario<'a>,
    /// Processor time per request, in nanoseconds.
    pub(super) cpu: Blocks,
    /// Requests per second.
    rate: Blocks,
    /// The number of cores that it used.
    used: Option<f64>,
}

impl<'a> Server<'a> {
    fn new(series: &'a Series<'a>) -> Server<'a> {
        let used = series
            .blocks(|row| (row.window_ns > 0).then(|| row.cpu_ns as f64 / row.window_ns as f64));
        Server {
            series,
            scenario: ServerScenario::parse(series.scenario),
            cpu: Metric::CpuPerRequest.values(series, None),
            rate: series.rates(),
            used: Summary::of(&used).map(|used| used.median),
        }
    }

    pub(super) fn cpu_ns(&self) -> Option<f64> {
        Summary::of(&self.cpu).map(|cpu| cpu.median)
    }

    fn name(&self) -> String {
        match self.series.role {
            Role::AaControl => format!("{} (A/A control)", self.series.strategy),
            _ => self.series.strategy.to_owned(),
        }
    }
}

/// All servers of a run, in the order of the table.
pub(super) struct Servers<'a> {
    pub(super) all: Vec<Server<'a>>,
    is_measured: bool,
    excluded_because: Option<&'a (usize, String)>,
}

impl<'a> Servers<'a> {
    pub(super) fn new(measured: &'a Measured<'a>) -> Servers<'a> {
        let mut all: Vec<Server<'a>> = measured.series.iter().map(Server::new).collect();
        let request = |server: &Server<'_>| {
            ["hello", "charge", "read"].iter().position(|name| *name == server.scenario.request)
        };
        all.sort_by(|a, b| {
            let cpu = |server: &Server<'_>| server.cpu_ns().unwrap_or(f64::INFINITY);
            let scenario = |server: &Server<'_>| (server.scenario.cores, request(server));
            scenario(a).cmp(&scenario(b)).then(cpu(a).total_cmp(&cpu(b)))
        });
        Servers {
            all,
            is_measured: measured.is_measured,
            excluded_because: measured.excluded_because.as_ref(),
        }
    }

    /// Returns the cores with the least other influence on processor time: [`Cores::One`] if it was
    /// measured.
    fn cores_for_cpu(&self) -> Option<Cores> {
        self.all.iter().map(|server| server.scenario.cores).min()
    }

    /// Returns the cores on which requests a second are limited by the server: [`Cores::Each`] if
    /// it was measured.
    fn cores_for_rate(&self) -> Option<Cores> {
        let has_each = self.all.iter().any(|server| server.scenario.cores == Cores::Each);
        if has_each { Some(Cores::Each) } else { self.cores_for_cpu() }
    }

    /// Returns the servers whose processor time is compared.
    pub(super) fn for_cpu(&self) -> impl Iterator<Item = &Server<'a>> {
        self.all.iter().filter(|server| Some(server.scenario.cores) == self.cores_for_cpu())
    }

    /// Finds one of the servers whose processor time is compared.
    pub(super) fn find(&self, strategy: &str, role: Role, request: &str) -> Option<&Server<'a>> {
        self.find_in(strategy, role, ServerScenario { cores: self.cores_for_cpu()?, request })
    }

    fn find_in(
        &self,
        strategy: &str,
        role: Role,
        scenario: ServerScenario<'_>,
    ) -> Option<&Server<'a>> {
        self.all.iter().find(|server| {
            (server.series.strategy, server.series.role, server.scenario)
                == (strategy, role, scenario)
        })
    }

    fn hello(&self, strategy: &str, cores: Cores) -> Option<&Server<'a>> {
        self.find_in(strategy, Role::Reference, ServerScenario { cores, request: "hello" })
    }

    pub(super) fn table(&self) -> Table {
        let headings = ["cores", "server", "request"];
        let headings = headings.map(|name| Column::new(name, Align::Left, 0));
        let numbers = [
            "processor time per request",
            "vs hyper hello",
            "requests a second",
            "vs Node hello",
            "p50",
            "p99",
            "cores used",
        ];
        let numbers = numbers.map(|name| Column::new(name, Align::Right, 0));
        let mut table = Table::new(headings.into_iter().chain(numbers).collect());
        let ratio = |ours: &Blocks, theirs: Option<&Blocks>| {
            or_none(theirs.and_then(|theirs| Ratio::of(ours, theirs)), |ratio| ratio.to_string())
        };
        for server in &self.all {
            let [p50, p99, ..] = server.series.service_ns();
            let ServerScenario { cores, request } = server.scenario;
            let [hyper, node] = ["hyper", "node"].map(|strategy| self.hello(strategy, cores));
            table.push(vec![
                cores.to_string(),
                server.name(),
                request.to_owned(),
                or_none(server.cpu_ns(), duration),
                ratio(&server.cpu, hyper.map(|hyper| &hyper.cpu)),
                or_none(Summary::of(&server.rate), |rate| rate_of(rate.median)),
                ratio(&server.rate, node.map(|node| &node.rate)),
                or_none(p50, duration),
                or_none(p99, duration),
                or_none(server.used, |used| format!("{used:.2}")),
            ]);
        }
        table
    }

    /// Describes whether the bounds of the service hold, by the measured intervals.
    pub(super) fn bounds(&self) -> Vec<String> {
        let to_hyper = |request| {
            let cores = self.cores_for_cpu()?;
            self.charge_to(cores, SERVED, "hyper", request, |server| &server.cpu)
        };
        let to_node = |strategy, request| {
            let cores = self.cores_for_rate()?;
            self.charge_to(cores, strategy, "node", request, |server| &server.rate)
        };
        let hyper = to_hyper("hello").map(|ratio| {
            let holds = holds(ratio.interval, |end| end <= OF_HYPER_MAX);
            format!(
                "A charge with {SERVED} takes {ratio} the processor time of a hello of bare hyper. \
                 The bound, at most {OF_HYPER_MAX} x, {holds}."
            )
        });
        let same = to_hyper("charge").map(|ratio| {
            format!(
                "It takes {ratio} the processor time of bare hyper that receives the same charge \
                 and answers hello."
            )
        });
        let node = to_node(SERVED, "hello").map(|ratio| {
            let holds = holds(ratio.interval, |end| end >= OF_NODE_MIN);
            format!(
                "The service answers {ratio} as many charges a second as Node answers hellos. The \
                 bound, at least {OF_NODE_MIN} x, {holds}."
            )
        });
        let most = to_node("hyper", "hello").map(|ratio| {
            format!(
                "Bare hyper that receives the same charge answers {ratio} as many requests a \
                 second as Node answers hellos."
            )
        });
        let same_of_node = to_node(SERVED, "charge").map(|ratio| {
            format!(
                "The service answers {ratio} as many charges a second as Node with an account in a \
                 map and without checks."
            )
        });
        [hyper, same, node, most, same_of_node].into_iter().flatten().collect()
    }

    /// Returns the ratio of a charge of one server to a request of another, on the same cores.
    fn charge_to(
        &self,
        cores: Cores,
        strategy: &str,
        baseline: &str,
        request: &str,
        value: for<'s> fn(&'s Server<'_>) -> &'s Blocks,
    ) -> Option<Ratio> {
        let role = if strategy == SERVED { Role::Contender } else { Role::Reference };
        let charge = ServerScenario { cores, request: "charge" };
        let charge = self.find_in(strategy, role, charge)?;
        let baseline =
            self.find_in(baseline, Role::Reference, ServerScenario { cores, request })?;
        Ratio::of(value(charge), value(baseline))
    }

    /// Returns the A/A noise of the processor time per request.
    pub(super) fn noise(&self) -> Option<NoiseFloor> {
        let original = self.find(SERVED, Role::Contender, "charge")?;
        let control = self.find(SERVED, Role::AaControl, "charge")?;
        NoiseFloor::from_aa_pairs(&original.cpu, &control.cpu)
    }
}

fn holds(interval: Option<Interval>, within: impl Fn(f64) -> bool) -> &'static str {
    match interval.map(|Interval { low, high }| (within(low), within(high))) {
        None => "is **inconclusive** (insufficient samples)",
        Some((true, true)) => "**holds**",
        Some((false, false)) => "**does not hold**",
        Some(_) => "is **inconclusive** (the interval contains it)",
    }
}

/// Returns the remarks below the table: violations, idle servers and excluded blocks.
pub(super) fn remarks(servers: &Servers<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let audit: Vec<(&Server<'_>, AuditSummary)> =
        servers.all.iter().map(|server| (server, server.series.audit())).collect();
    for (server, audit) in &audit {
        if let AuditSummary::Violation { violation, .. } = audit {
            remarks.push(format!("{}: **violation**: {violation}.", server.name()));
        }
    }
    if audit.iter().any(|(_, audit)| matches!(audit, AuditSummary::Pass { .. }))
        && remarks.is_empty()
    {
        let pass = "Audit: after every window, the balance had grown by the answered charges.";
        remarks.push(pass.to_owned());
    }
    let on_own_core = servers.all.iter().filter(|server| server.scenario.cores == Cores::Each);
    let waited: Vec<String> = on_own_core
        .filter_map(|server| Some((server, server.used.filter(|used| *used < BUSY)?)))
        .map(|(server, used)| {
            format!("{} {} ({:.0} %)", server.name(), server.scenario.request, used * 100.0)
        })
        .collect();
    if !waited.is_empty() {
        remarks.push(format!(
            "With one core each, these servers were not always busy and could have answered more: \
             {}.",
            waited.join(", ")
        ));
    }
    if let Some((blocks, reason)) = servers.excluded_because {
        let consequence = match servers.is_measured {
            true => "The table leaves them out.",
            false => "**Nothing is measured**: the table shows all blocks.",
        };
        remarks.push(format!(
            "Excluded blocks: {blocks}, the last because of {reason}. {consequence}"
        ));
    }
    remarks
}
