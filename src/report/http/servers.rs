//! The servers of a run: what each takes, and whether what is asked of the service holds.

use std::fmt;

use super::{SERVED, or_none};
use crate::{
    record::Role,
    report::{
        claims::Metric,
        comparison::Measured,
        figures::{duration, rate_of},
        standing::{Books, Series},
        table::{Align, Column, Table},
    },
    stats::{Blocks, Floor, Interval, Ratio, Summary},
};

/// What the processor time of a charge may be at most, of that of hyper's hello.
const OF_HYPER_MAX: f64 = 2.0;

/// How many charges there have to be at least, for each hello of Node.
const OF_NODE_MIN: f64 = 2.5;

/// Below this share of its core a server has waited for whoever asks it.
const BUSY: f64 = 0.95;

/// Where server and generator ran, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cores {
    /// Both on one: nobody is woken on another.
    One,
    /// Each on a core of its own: a request a second is one of the server.
    Each,
    /// Both on all.
    All,
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cores::One => "one for both",
            Cores::Each => "one each",
            Cores::All => "all for both",
        })
    }
}

/// What was asked of a server, and where: as the name of its cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) cores: Cores,
    pub(super) asked: &'a str,
}

impl<'a> Place<'a> {
    /// Of `http/charge/connections=32/cores=one`.
    pub(super) fn of(cell: &'a str) -> Place<'a> {
        let mut parts = cell.split('/').skip(1);
        let asked = parts.next().unwrap_or_default();
        let cores = match parts.last() {
            Some("cores=one") => Cores::One,
            Some("cores=each") => Cores::Each,
            _ => Cores::All,
        };
        Place { cores, asked }
    }
}

/// One server, asked one thing in one place.
pub(super) struct Server<'a> {
    pub(super) series: &'a Series<'a>,
    pub(super) place: Place<'a>,
    /// Nanoseconds of processor time of a request.
    pub(super) cpu: Blocks,
    /// Requests a second.
    rate: Blocks,
    /// Cores that it used.
    used: Option<f64>,
}

impl<'a> Server<'a> {
    fn of(series: &'a Series<'a>) -> Server<'a> {
        let used = series
            .blocks(|row| (row.window_ns > 0).then(|| row.cpu_ns as f64 / row.window_ns as f64));
        Server {
            series,
            place: Place::of(series.cell),
            cpu: Metric::CpuPerRequest.of(series, None),
            rate: series.rates(),
            used: Summary::of(&used).map(|used| used.median),
        }
    }

    pub(super) fn cpu_ns(&self) -> Option<f64> {
        Summary::of(&self.cpu).map(|cpu| cpu.median)
    }

    fn name(&self) -> String {
        match self.series.role {
            Role::Twin => format!("{} (twin)", self.series.strategy),
            _ => self.series.strategy.to_owned(),
        }
    }
}

/// All servers of a run, in the order of the table.
pub(super) struct Servers<'a> {
    pub(super) all: Vec<Server<'a>>,
    is_measured: bool,
    invalid: Option<&'a (usize, String)>,
}

impl<'a> Servers<'a> {
    pub(super) fn of(measured: &'a Measured<'a>) -> Servers<'a> {
        let mut all: Vec<Server<'a>> = measured.series.iter().map(Server::of).collect();
        let asked = |server: &Server<'_>| {
            ["hello", "charge", "read"].iter().position(|asked| *asked == server.place.asked)
        };
        all.sort_by(|one, other| {
            let cpu = |server: &Server<'_>| server.cpu_ns().unwrap_or(f64::INFINITY);
            let place = |server: &Server<'_>| (server.place.cores, asked(server));
            place(one).cmp(&place(other)).then(cpu(one).total_cmp(&cpu(other)))
        });
        Servers { all, is_measured: measured.is_measured, invalid: measured.invalid.as_ref() }
    }

    /// Where the processor time of a request is that of nothing else, as far as there is such a place.
    fn alone(&self) -> Option<Cores> {
        self.all.iter().map(|server| server.place.cores).min()
    }

    /// Where a request a second is one of the server, as far as there is such a place.
    fn apart(&self) -> Option<Cores> {
        let has = self.all.iter().any(|server| server.place.cores == Cores::Each);
        if has { Some(Cores::Each) } else { self.alone() }
    }

    /// All whose processor time can be looked at.
    pub(super) fn costed(&self) -> impl Iterator<Item = &Server<'a>> {
        self.all.iter().filter(|server| Some(server.place.cores) == self.alone())
    }

    /// One of them.
    pub(super) fn find(&self, strategy: &str, role: Role, asked: &str) -> Option<&Server<'a>> {
        self.in_place(strategy, role, Place { cores: self.alone()?, asked })
    }

    fn in_place(&self, strategy: &str, role: Role, place: Place<'_>) -> Option<&Server<'a>> {
        self.all.iter().find(|server| {
            (server.series.strategy, server.series.role, server.place) == (strategy, role, place)
        })
    }

    fn hello(&self, of: &str, cores: Cores) -> Option<&Server<'a>> {
        self.in_place(of, Role::Reference, Place { cores, asked: "hello" })
    }

    pub(super) fn table(&self) -> Table {
        let headings = ["cores", "server", "asked"];
        let headings = headings.map(|name| Column::new(name, Align::Left, 0));
        let numbers = [
            "processor a request",
            "of hyper's hello",
            "requests a second",
            "of Node's hello",
            "p50",
            "p99",
            "cores used",
        ];
        let numbers = numbers.map(|name| Column::new(name, Align::Right, 0));
        let mut table = Table::new(headings.into_iter().chain(numbers).collect());
        let to = |ours: &Blocks, theirs: Option<&Blocks>| {
            or_none(theirs.and_then(|theirs| Ratio::of(ours, theirs)), |ratio| ratio.to_string())
        };
        for server in &self.all {
            let [p50, p99, ..] = server.series.service_ns();
            let Place { cores, asked } = server.place;
            let [hyper, node] = ["hyper", "node"].map(|of| self.hello(of, cores));
            table.push(vec![
                cores.to_string(),
                server.name(),
                asked.to_owned(),
                or_none(server.cpu_ns(), duration),
                to(&server.cpu, hyper.map(|hyper| &hyper.cpu)),
                or_none(Summary::of(&server.rate), |rate| rate_of(rate.median)),
                to(&server.rate, node.map(|node| &node.rate)),
                or_none(p50, duration),
                or_none(p99, duration),
                or_none(server.used, |used| format!("{used:.2}")),
            ]);
        }
        table
    }

    /// Whether what is asked of the service holds, by the interval of what was measured.
    pub(super) fn bounds(&self) -> Vec<String> {
        let to_hyper = |asked| self.charge_to(self.alone()?, SERVED, "hyper", asked, |of| &of.cpu);
        let to_node = |of, asked| self.charge_to(self.apart()?, of, "node", asked, |of| &of.rate);
        let hyper = to_hyper("hello").map(|ratio| {
            let holds = holds(ratio.interval, |end| end <= OF_HYPER_MAX);
            format!(
                "A charge behind {SERVED} takes {ratio} the processor time of a hello of bare \
                 hyper; that it be at most {OF_HYPER_MAX} x {holds}."
            )
        });
        let same = to_hyper("charge").map(|ratio| {
            format!("Of bare hyper that is sent the same charge, and says hello, it takes {ratio}.")
        });
        let node = to_node(SERVED, "hello").map(|ratio| {
            let holds = holds(ratio.interval, |end| end >= OF_NODE_MIN);
            format!(
                "It is answered {ratio} as often a second as a hello of Node; that it be at least \
                 {OF_NODE_MIN} x {holds}."
            )
        });
        let most = to_node("hyper", "hello").map(|ratio| {
            format!(
                "Bare hyper that is sent the same charge answers {ratio} as often as that hello."
            )
        });
        let same_of_node = to_node(SERVED, "charge").map(|ratio| {
            format!(
                "The service answers {ratio} as often as Node that charges an account in a map, \
                 and checks nothing."
            )
        });
        [hyper, same, node, most, same_of_node].into_iter().flatten().collect()
    }

    /// A charge of one server to what another is asked, in the same place.
    fn charge_to(
        &self,
        cores: Cores,
        of: &str,
        other: &str,
        asked: &str,
        value: for<'s> fn(&'s Server<'_>) -> &'s Blocks,
    ) -> Option<Ratio> {
        let role = if of == SERVED { Role::Contender } else { Role::Reference };
        let charge = self.in_place(of, role, Place { cores, asked: "charge" })?;
        let other = self.in_place(other, Role::Reference, Place { cores, asked })?;
        Ratio::of(value(charge), value(other))
    }

    /// What two of the same come apart by, in the processor time of a request.
    pub(super) fn floor(&self) -> Option<Floor> {
        let one = self.find(SERVED, Role::Contender, "charge")?;
        let other = self.find(SERVED, Role::Twin, "charge")?;
        Floor::of_twins(&one.cpu, &other.cpu)
    }
}

fn holds(interval: Option<Interval>, within: impl Fn(f64) -> bool) -> &'static str {
    match interval.map(|Interval { low, high }| (within(low), within(high))) {
        None => "**cannot be told** by so few blocks",
        Some((true, true)) => "**holds**",
        Some((false, false)) => "**does not hold**",
        Some(_) => "**cannot be told**: the interval has both",
    }
}

/// What has to be known to read the table.
pub(super) fn remarks(servers: &Servers<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let books: Vec<(&Server<'_>, Books)> =
        servers.all.iter().map(|server| (server, server.series.books())).collect();
    for (server, books) in &books {
        if let Books::Wrong { violation, .. } = books {
            remarks.push(format!("{} is **wrong**: {violation}.", server.name()));
        }
    }
    if books.iter().any(|(_, books)| matches!(books, Books::Balanced { .. })) && remarks.is_empty()
    {
        remarks.push("After every window the balance had grown by what was answered.".to_owned());
    }
    let apart = servers.all.iter().filter(|server| server.place.cores == Cores::Each);
    let waited: Vec<String> = apart
        .filter_map(|server| Some((server, server.used.filter(|used| *used < BUSY)?)))
        .map(|(server, used)| {
            format!("{} {} ({:.0} %)", server.name(), server.place.asked, used * 100.0)
        })
        .collect();
    if !waited.is_empty() {
        remarks.push(format!(
            "With a core each, not busy throughout, so that they could have answered more: {}.",
            waited.join(", ")
        ));
    }
    if let Some((blocks, reason)) = servers.invalid {
        let told = match servers.is_measured {
            true => "They are left out.",
            false => "That is too many: **nothing here is measured**, and all blocks are shown.",
        };
        remarks.push(format!("Blocks that do not count: {blocks}, the last for {reason}. {told}"));
    }
    remarks
}
