//! One measurement as one row of integers and names. Column names contain the units.

use serde::{Deserialize, Serialize};

use hotrow::{scenario::KeyDistribution, strategy::Family};

/// The version of the columns. Within a version, columns are only appended, and only if a file
/// without them can still be read.
pub const SCHEMA: u32 = 2;

/// One measurement of one contender in one block. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub rejected: u64,
    pub indeterminate: u64,
    pub reads: u64,
    pub verdict: AuditVerdict,
    pub audited_entries: u64,
    pub violation: String,
    pub truncated: bool,
    #[serde(default)]
    pub kind: Kind,
    #[serde(default = "uniform")]
    pub distribution: String,
    #[serde(default = "closed")]
    pub arrivals: String,
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

fn uniform() -> String {
    KeyDistribution::Uniform.to_string()
}

fn closed() -> String {
    "closed".to_owned()
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
}

/// What was measured, and in which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContenderKey {
    /// Name of the store.
    pub store: &'static str,
    /// Name of the strategy; that of an A/A control is the name of the original.
    pub strategy: &'static str,
    /// Family of the strategy.
    pub family: Family,
    /// Its role in the comparison.
    pub role: Role,
    /// Whether its store is a database.
    pub performs_io: bool,
}

impl MeasurementRow {
    /// Returns the offered load in requests a second, to a thousandth; 0 in a closed loop.
    pub fn offered(&self) -> f64 {
        match self.offered_per_1000_s {
            // The row is older than this column.
            0 => self.offered_per_s as f64,
            exact => exact as f64 / 1e3,
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
