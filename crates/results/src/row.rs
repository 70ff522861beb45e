//! One measurement as one row of integers and names. Column names contain the units.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stats::ResponseBlock;
use hotrow::scenario::{
    Arrivals, Clients, KeyDistribution, Latency, Load, Mix, Scenario, Workload,
};

/// The version of the columns. Within a version, columns are only appended, and only if a file
/// without them can still be read.
pub const SCHEMA: u32 = 2;

/// One measurement of one contender in one block. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct MeasurementRow {
    pub schema: u32,
    pub run: String,
    pub fork: u32,
    pub block: u32,
    pub position: u32,
    pub scenario: String,
    pub store: String,
    pub users: u64,
    pub clients: u32,
    pub client_kind: ClientKind,
    pub mix: Option<Mix>,
    pub latency: Latency,
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
    pub rejected: u64,
    pub indeterminate: u64,
    pub reads: u64,
    pub verdict: AuditVerdict,
    pub audited_entries: u64,
    pub violation: String,
    pub truncated: bool,
    #[serde(default)]
    pub kind: Kind,
    #[serde(default)]
    pub distribution: KeyDistribution,
    #[serde(default, with = "arrivals")]
    pub arrivals: Option<Arrivals>,
    #[serde(default)]
    pub offered_per_s: u64,
    #[serde(default)]
    pub think_ns: u64,
    #[serde(default)]
    pub work: u32,
    #[serde(default = "yes")]
    pub ledger: bool,
    #[serde(default)]
    pub due: u64,
    #[serde(default)]
    pub late_starts: u64,
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
    pub excluded_because: String,
    #[serde(default)]
    pub offered_per_1000_s: u64,
    #[serde(default)]
    pub workload: String,
    #[serde(default)]
    pub response_ns_p75: u64,
    #[serde(default)]
    pub response_ns_p90: u64,
    #[serde(default)]
    pub response_ns_p95: u64,
}

/// The kind of a measurement. Rows of different kinds are never compared.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Capacity: each client sends its next request after an answer, in real time.
    #[default]
    ClosedLoop,
    /// Response times under an offered load.
    OpenLoop,
    /// A slow store, in simulated time.
    Simulated,
    /// The cost of one client without concurrency.
    SingleClient,
    /// A server under a closed loop of HTTP requests from another process.
    Http,
    /// A database under a closed loop, in real time. Every request is timed.
    Database,
}

/// Arrivals as text: `closed` in a closed loop, which has none.
mod arrivals {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Arrivals;

    const CLOSED: &str = "closed";

    pub(super) fn serialize<S: Serializer>(
        arrivals: &Option<Arrivals>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match arrivals {
            None => serializer.serialize_str(CLOSED),
            Some(arrivals) => arrivals.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arrivals>, D::Error> {
        match Cow::<'_, str>::deserialize(deserializer)? {
            text if text == CLOSED => Ok(None),
            text => text.parse().map(Some).map_err(D::Error::custom),
        }
    }
}

fn yes() -> bool {
    true
}

/// The kind of the clients, without their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Threads, which wait by blocking.
    #[default]
    Threads,
    /// Tasks of one runtime, which wait by yielding.
    Tasks,
    /// Connections of a load generator to a server.
    Connections,
}

/// The role of a contender in a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is ranked.
    #[default]
    Contender,
    /// A second measurement of a contender: the difference between the two is A/A noise.
    AaControl,
    /// It is known to be incorrect, and the audit must detect a violation.
    NegativeControl,
    /// It decides nothing and shows a cost; it has no rank.
    Reference,
}

/// The verdict of an audit, without the violation itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditVerdict {
    /// Every reply agrees with the ledgers, the rules and real time.
    Pass,
    /// The audit found a contradiction.
    Violation,
    /// There was no ledger to audit.
    #[default]
    NotAudited,
}

/// The position of a measurement within a run.
#[derive(Debug, Clone, Copy)]
pub struct RowContext<'a> {
    /// The identifier of the run.
    pub run: &'a str,
    /// The block, from 0.
    pub block: u32,
    /// The position within the block, from 0.
    pub position: u32,
    /// The seed of the run.
    pub seed: u64,
    /// The process that measured it, from 0.
    pub fork: u32,
    /// Milliseconds from the start of the run to the start of the measurement.
    pub started_ms: u64,
    /// Why the block is excluded; empty if it is not.
    pub excluded_because: &'a str,
    /// The workload of the plan that the scenario belongs to; empty if it belongs to none.
    pub workload: &'a str,
}

impl MeasurementRow {
    /// Returns the offered load in requests a second, to a thousandth; 0 in a closed loop.
    pub fn offered(&self) -> f64 {
        self.offered_in_1000_s() as f64 / 1e3
    }

    /// Returns the offered load in requests per 1,000 seconds; 0 in a closed loop.
    pub fn offered_in_1000_s(&self) -> u64 {
        match self.offered_per_1000_s {
            // The row is older than this column.
            0 => self.offered_per_s.saturating_mul(1_000),
            exact => exact,
        }
    }

    /// Returns the scenario that was measured: the one of the plan. `None` if no plan has such
    /// scenarios: for a server, and for a single client.
    pub fn as_scenario(&self) -> Option<Scenario> {
        let clients = match self.client_kind {
            _ if matches!(self.kind, Kind::Http | Kind::SingleClient) => return None,
            ClientKind::Connections => return None,
            ClientKind::Threads => Clients::Threads(self.clients),
            ClientKind::Tasks => Clients::Tasks(self.clients),
        };
        let load = match self.arrivals {
            None => Load::Closed { think: Duration::from_nanos(self.think_ns) },
            Some(arrivals) => Load::Open { arrivals, per_second: self.offered() },
        };
        Some(Scenario {
            users: self.users,
            distribution: self.distribution,
            clients,
            mix: self.mix?,
            load,
            work: self.work,
            ledger: self.ledger,
            latency: self.latency,
        })
    }

    /// Names the workload of a row that has no name, on a machine with this many usable cores: a
    /// row from before that column, or of a scenario that was given part by part.
    pub fn derive_workload(&mut self, cores: usize) {
        if self.workload.is_empty() {
            let workload = self.as_scenario().and_then(|it| Workload::of(&it, cores));
            self.workload = workload.map(|it| it.to_string()).unwrap_or_default();
        }
    }

    /// Returns the response times of the row for the choice of a quantile. A quantile of zero is of
    /// a row that is older than its column.
    pub fn response_block(&self) -> ResponseBlock {
        let recorded = |ns: u64| Some(ns).filter(|ns| *ns > 0);
        ResponseBlock {
            samples: self.samples,
            ns: [
                recorded(self.response_ns_p50),
                recorded(self.response_ns_p75),
                recorded(self.response_ns_p90),
                recorded(self.response_ns_p95),
                recorded(self.response_ns_p99),
                recorded(self.response_ns_p999),
            ],
            ns_max: self.response_ns_max,
        }
    }

    /// Returns whether the row is used: it is neither truncated nor excluded.
    pub fn counts(&self) -> bool {
        !self.truncated && self.excluded_because.is_empty()
    }
}

impl ClientKind {
    /// Returns the name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ClientKind::Threads => "threads",
            ClientKind::Tasks => "tasks",
            ClientKind::Connections => "connections",
        }
    }
}
