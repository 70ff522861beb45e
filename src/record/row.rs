//! One measurement as one row: integers and names, with the units in the names of the columns.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    database::Latency,
    engine::{Cell, Clients, Load, Measurement, OpenLoop, Times, Verdict},
    stats,
    strategy::Family,
    workload::Keys,
};

/// The version of the columns. Within a version columns are only appended, and only where a file
/// without them can still be read.
pub const SCHEMA: u32 = 1;

/// One run of one strategy in one block. `results/SCHEMA.md` says what each column means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct Row {
    pub schema: u32,
    pub run: String,
    pub process: u32,
    pub block: u32,
    pub position: u32,
    pub cell: String,
    pub store: String,
    pub users: u64,
    pub clients: u32,
    pub client_kind: ClientKind,
    pub mix: String,
    pub latency: String,
    pub strategy: String,
    pub family: String,
    pub role: Role,
    pub seed: u64,
    pub window_ns: u64,
    pub completed: u64,
    pub completed_by_slowest: u64,
    pub completed_by_fastest: u64,
    pub samples: u64,
    pub ns_p50: u64,
    pub ns_p99: u64,
    pub ns_p999: u64,
    pub ns_max: u64,
    pub applied: u64,
    pub refused: u64,
    pub unknown: u64,
    pub reads: u64,
    pub verdict: Finding,
    pub audited_entries: u64,
    pub violation: String,
    pub cut_short: bool,
    #[serde(default)]
    pub kind: Kind,
    #[serde(default = "uniform")]
    pub keys: String,
    #[serde(default = "closed")]
    pub arrivals: String,
    #[serde(default)]
    pub offered_per_s: u64,
    #[serde(default)]
    pub think_ns: u64,
    #[serde(default)]
    pub work: u32,
    #[serde(default = "yes")]
    pub history: bool,
    #[serde(default)]
    pub scheduled: u64,
    #[serde(default)]
    pub late: u64,
    #[serde(default)]
    pub backlog_max: u64,
    #[serde(default)]
    pub response_ns_p50: u64,
    #[serde(default)]
    pub response_ns_p99: u64,
    #[serde(default)]
    pub response_ns_p999: u64,
    #[serde(default)]
    pub response_ns_max: u64,
    #[serde(default)]
    pub stalled_ns_max: u64,
    #[serde(default)]
    pub jain_ppm: u64,
    #[serde(default)]
    pub cpu_ns: u64,
    #[serde(default)]
    pub switches_voluntary: u64,
    #[serde(default)]
    pub switches_forced: u64,
    #[serde(default)]
    pub retries: Option<u64>,
    #[serde(default)]
    pub started_ms: u64,
    #[serde(default)]
    pub invalid: String,
    #[serde(default)]
    pub offered_per_1000_s: u64,
}

/// What a row may be quoted for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Capacity: clients ask as fast as they are answered, on the wall's clock.
    #[default]
    Throughput,
    /// Response under a promised rate.
    Latency,
    /// A slow store, on a simulated clock.
    Delay,
    /// One caller and nobody else.
    Cost,
    /// A server, asked from outside over HTTP as fast as it answers.
    Http,
}

impl Kind {
    /// What a cell is measured for.
    pub fn of(cell: &Cell) -> Kind {
        match (cell.latency, cell.load) {
            (_, Load::Open { .. }) => Kind::Latency,
            (Latency::None, _) => Kind::Throughput,
            _ => Kind::Delay,
        }
    }
}

fn uniform() -> String {
    Keys::Uniform.to_string()
}

fn closed() -> String {
    "closed".to_owned()
}

fn yes() -> bool {
    true
}

/// Who asks, without how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// See [`Clients::Threads`].
    #[default]
    Threads,
    /// See [`Clients::Tasks`].
    Tasks,
    /// Of a generator of load to a server.
    Connections,
}

/// What a subject is measured for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To be ranked.
    #[default]
    Contender,
    /// A contender once more, to see how far identical code comes out from itself.
    Twin,
    /// Wrong on purpose, to see that the audit finds it.
    Control,
    /// A limit to measure the others against.
    Reference,
}

/// What the audit found, without what proves it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// See [`Verdict::Balanced`].
    Balanced,
    /// See [`Verdict::Wrong`].
    Wrong,
    /// See [`Verdict::NoBooks`].
    #[default]
    NoBooks,
}

/// Where in a run a measurement was made.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Which run.
    pub run: &'a str,
    /// Which block, from 0.
    pub block: u32,
    /// Which turn within the block, from 0.
    pub position: u32,
    /// What the run was drawn from.
    pub seed: u64,
    /// Which process measured it, from 0.
    pub process: u32,
    /// Milliseconds from the beginning of the run to that of the measurement.
    pub started_ms: u64,
    /// Why the block does not count; nothing if it does.
    pub invalid: &'a str,
}

/// What was measured, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// Name of the store.
    pub store: &'static str,
    /// Name of the strategy, also for a twin.
    pub strategy: &'static str,
    /// What kind of answer it is.
    pub family: Family,
    /// What it is measured for.
    pub role: Role,
}

impl Row {
    /// The row of a measurement made in this process.
    pub fn of(place: Place<'_>, cell: &Cell, who: Who, measured: &Measurement) -> Row {
        let (clients, client_kind) = match cell.clients {
            Clients::Threads(count) => (count, ClientKind::Threads),
            Clients::Tasks(count) => (count, ClientKind::Tasks),
        };
        let (verdict, audited_entries, violation) = match &measured.verdict {
            Verdict::Balanced { entries, .. } => (Finding::Balanced, *entries, String::new()),
            Verdict::Wrong { violation } => (Finding::Wrong, 0, violation.to_string()),
            Verdict::NoBooks => (Finding::NoBooks, 0, String::new()),
        };
        let (arrivals, offered_per_s, think) = match cell.load {
            Load::Closed { think } => (closed(), 0.0, think),
            Load::Open { arrivals, per_second } => {
                (arrivals.to_string(), per_second, Duration::ZERO)
            }
        };
        let open = measured.open.as_ref();
        let responses = open.map(|open| &open.response);
        let response = |quantile| responses.map_or(0, |times| times.quantile_ns(quantile));
        let opened = |of: fn(&OpenLoop) -> u64| open.map_or(0, of);
        let service = &measured.service;
        Row {
            schema: SCHEMA,
            run: place.run.to_owned(),
            process: place.process,
            block: place.block,
            position: place.position,
            cell: cell_id(who.store, cell),
            store: who.store.to_owned(),
            users: cell.users,
            clients,
            client_kind,
            mix: cell.mix.to_string(),
            latency: cell.latency.to_string(),
            strategy: who.strategy.to_owned(),
            family: who.family.to_string(),
            role: who.role,
            seed: place.seed,
            window_ns: measured.window_ns,
            completed: measured.completed(),
            completed_by_slowest: measured.completed_by.iter().min().copied().unwrap_or(0),
            completed_by_fastest: measured.completed_by.iter().max().copied().unwrap_or(0),
            samples: service.samples(),
            ns_p50: service.quantile_ns(0.5),
            ns_p99: service.quantile_ns(0.99),
            ns_p999: service.quantile_ns(0.999),
            ns_max: service.max_ns(),
            applied: measured.applied,
            refused: measured.refused,
            unknown: measured.unknown,
            reads: measured.reads,
            verdict,
            audited_entries,
            violation,
            cut_short: measured.cut_short,
            kind: Kind::of(cell),
            keys: cell.keys.to_string(),
            arrivals,
            offered_per_s: rounded(offered_per_s),
            think_ns: u64::try_from(think.as_nanos()).unwrap_or(u64::MAX),
            work: cell.work,
            history: cell.history,
            scheduled: opened(|open| open.scheduled),
            late: opened(|open| open.late),
            backlog_max: opened(|open| open.backlog_max),
            response_ns_p50: response(0.5),
            response_ns_p99: response(0.99),
            response_ns_p999: response(0.999),
            response_ns_max: responses.map_or(0, Times::max_ns),
            stalled_ns_max: measured.stalled_ns_max,
            jain_ppm: jain_ppm(&measured.completed_by),
            cpu_ns: measured.cpu_ns,
            switches_voluntary: measured.switches_voluntary,
            switches_forced: measured.switches_forced,
            retries: measured.retries,
            started_ms: place.started_ms,
            invalid: place.invalid.to_owned(),
            offered_per_1000_s: rounded(offered_per_s * 1e3),
        }
    }

    /// Requests a second that an open loop offers, to a thousandth; 0 in a closed loop.
    pub fn offered(&self) -> f64 {
        match self.offered_per_1000_s {
            // A row of before this column was there.
            0 => self.offered_per_s as f64,
            exact => exact as f64 / 1e3,
        }
    }

    /// Whether it may be counted: nobody stopped it, and nothing outside was in its way.
    pub fn counts(&self) -> bool {
        !self.cut_short && self.invalid.is_empty()
    }
}

/// Jain's index of what clients completed, in millionths; 0 if nobody completed anything.
fn jain_ppm(completed_by: &[u64]) -> u64 {
    let completed: Vec<f64> = completed_by.iter().map(|&completed| completed as f64).collect();
    stats::jain(&completed).map_or(0, |index| rounded(index * 1e6))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither")]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}

impl ClientKind {
    /// As it is written in a file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ClientKind::Threads => "threads",
            ClientKind::Tasks => "tasks",
            ClientKind::Connections => "connections",
        }
    }
}

/// The stable name of a cell: what is always said, and then what is not as usual.
pub fn cell_id(store: &str, cell: &Cell) -> String {
    let Cell { users, keys, clients, mix, load, work, history, latency } = cell;
    let clients = match clients {
        Clients::Threads(count) => format!("threads={count}"),
        Clients::Tasks(count) => format!("tasks={count}"),
    };
    let mut id = format!("{store}/users={users}/{clients}/{mix}/{latency}");
    if *keys != Keys::Uniform {
        id.push_str(&format!("/keys={keys}"));
    }
    match load {
        Load::Closed { think: Duration::ZERO } => {}
        Load::Closed { think } => id.push_str(&format!("/think={think:?}")),
        Load::Open { arrivals, per_second } => id.push_str(&format!("/{arrivals}@{per_second}")),
    }
    if *work > 0 {
        id.push_str(&format!("/work={work}"));
    }
    if !history {
        id.push_str("/no-history");
    }
    id
}
