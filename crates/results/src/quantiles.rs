//! Quantiles of measurements that timed all of their requests, in one row each.

use serde::{Deserialize, Serialize};

use super::Role;

/// The quantiles of a row, in millionths, in the order of the columns.
pub const LADDER_PPM: [u32; 12] = [
    100_000, 250_000, 500_000, 750_000, 900_000, 950_000, 990_000, 995_000, 999_000, 999_500,
    999_900, 999_990,
];

/// The time of a request that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeKind {
    /// Service time: from the call to its return.
    Service,
    /// Response time: from when the request was due to its return.
    Response,
}

/// The quantiles of one measurement. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct QuantileRow {
    pub schema: u32,
    pub run: String,
    pub fork: u32,
    pub block: u32,
    pub scenario: String,
    pub strategy: String,
    pub role: Role,
    pub time_kind: TimeKind,
    pub samples: u64,
    pub ns_p10: u64,
    pub ns_p25: u64,
    pub ns_p50: u64,
    pub ns_p75: u64,
    pub ns_p90: u64,
    pub ns_p95: u64,
    pub ns_p99: u64,
    pub ns_p995: u64,
    pub ns_p999: u64,
    pub ns_p9995: u64,
    pub ns_p9999: u64,
    pub ns_p99999: u64,
    pub ns_max: u64,
}

impl QuantileRow {
    /// Returns the times in nanoseconds in the order of [`LADDER_PPM`], without the longest.
    pub fn ladder_ns(&self) -> [u64; LADDER_PPM.len()] {
        [
            self.ns_p10,
            self.ns_p25,
            self.ns_p50,
            self.ns_p75,
            self.ns_p90,
            self.ns_p95,
            self.ns_p99,
            self.ns_p995,
            self.ns_p999,
            self.ns_p9995,
            self.ns_p9999,
            self.ns_p99999,
        ]
    }
}
