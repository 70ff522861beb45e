//! The shape of a tail: one row of quantiles for each measurement whose requests were all timed.

use serde::{Deserialize, Serialize};

use super::{Kind, Role, Row, SCHEMA};
use crate::engine::{Measurement, Times};

/// The quantiles that are kept, in millionths, in the order of the columns.
pub const LADDER_PPM: [u32; 12] = [
    100_000, 250_000, 500_000, 750_000, 900_000, 950_000, 990_000, 995_000, 999_000, 999_500,
    999_900, 999_990,
];

/// Which times of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clocked {
    /// From the call to its return.
    Service,
    /// From when it was due to its return.
    Response,
}

/// The quantiles of one measurement. `results/SCHEMA.md` says what each column means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct QuantileRow {
    pub schema: u32,
    pub run: String,
    pub process: u32,
    pub block: u32,
    pub cell: String,
    pub strategy: String,
    pub role: Role,
    pub clocked: Clocked,
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
    /// What there is to keep of a measurement that became `row`: nothing where only a sample of the
    /// requests was timed.
    pub fn of(row: &Row, measured: &Measurement) -> Vec<QuantileRow> {
        let responses = measured.open.as_ref().map(|open| &open.response);
        let service = (row.kind != Kind::Throughput).then_some(&measured.service);
        let all = [(Clocked::Service, service), (Clocked::Response, responses)];
        let timed = all.into_iter().filter_map(|(clocked, times)| Some((clocked, times?)));
        let timed = timed.filter(|(_, times)| times.samples() > 0);
        timed.map(|(clocked, times)| QuantileRow::of_times(row, clocked, times)).collect()
    }

    fn of_times(row: &Row, clocked: Clocked, times: &Times) -> QuantileRow {
        let [p10, p25, p50, p75, p90, p95, p99, p995, p999, p9995, p9999, p99999] =
            LADDER_PPM.map(|ppm| times.quantile_ns(f64::from(ppm) / 1e6));
        QuantileRow {
            schema: SCHEMA,
            run: row.run.clone(),
            process: row.process,
            block: row.block,
            cell: row.cell.clone(),
            strategy: row.strategy.clone(),
            role: row.role,
            clocked,
            samples: times.samples(),
            ns_p10: p10,
            ns_p25: p25,
            ns_p50: p50,
            ns_p75: p75,
            ns_p90: p90,
            ns_p95: p95,
            ns_p99: p99,
            ns_p995: p995,
            ns_p999: p999,
            ns_p9995: p9995,
            ns_p9999: p9999,
            ns_p99999: p99999,
            ns_max: times.max_ns(),
        }
    }

    /// The times in nanoseconds in the order of [`LADDER_PPM`], without the longest.
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
