//! What of a row a claim is about.

use serde::Deserialize;

use crate::{
    record::Row,
    report::{
        figures::{duration, rate_of, three_digits},
        row_quantile::BEYOND_P99_PPM,
        standing::Series,
    },
    stats::Blocks,
};

/// A number that every row has, or that the rows of some cells have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::report) enum Metric {
    /// Requests answered in a second.
    Rate,
    /// The service time that 99 in 100 requests did not exceed.
    ServiceP99,
    /// The response time under a promised rate that 99 in 100 requests did not exceed.
    ResponseP99,
    /// Processor time of a request.
    CpuPerRequest,
    /// Changes of thread for each 1,000 requests.
    SwitchesPerThousand,
    /// Commands decided again, for each that was decided.
    RetriesPerCommand,
    /// Jain's index of what clients got.
    Jain,
    /// What the slowest client got, as a share of the mean.
    LeastShare,
    /// The longest that a client was seen to wait.
    Stall,
}

impl Metric {
    /// The number of each replicate; rows in which it is nothing are left out.
    pub(in crate::report) fn of(self, series: &Series<'_>, null: Option<&Series<'_>>) -> Blocks {
        match self {
            Metric::Rate => series.rates(),
            Metric::ResponseP99 => series.tails_above(null),
            Metric::ServiceP99 if !series.has_samples_beyond(BEYOND_P99_PPM) => Blocks::default(),
            _ => series.blocks(|row| self.of_row(row)),
        }
    }

    fn of_row(self, row: &Row) -> Option<f64> {
        let each = |count: f64| (row.completed > 0).then(|| count / row.completed as f64);
        match self {
            Metric::Rate | Metric::ResponseP99 => None,
            Metric::ServiceP99 => (row.samples > 0).then_some(row.ns_p99 as f64),
            Metric::CpuPerRequest => each(row.cpu_ns as f64),
            Metric::SwitchesPerThousand => {
                each((row.switches_voluntary + row.switches_forced) as f64 * 1e3)
            }
            Metric::RetriesPerCommand => {
                let decided = (row.applied + row.refused) as f64;
                row.retries.map(|retries| retries as f64 / decided)
            }
            Metric::Jain => Some(row.jain_ppm as f64 / 1e6),
            Metric::LeastShare => each(row.completed_by_slowest as f64 * f64::from(row.clients)),
            Metric::Stall => Some(row.stalled_ns_max as f64),
        }
    }

    /// A number of it with its unit.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Metric::Rate => rate_of(value),
            Metric::ServiceP99 | Metric::ResponseP99 | Metric::CpuPerRequest | Metric::Stall => {
                duration(value)
            }
            _ => three_digits(value),
        }
    }

    /// What it is, in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Metric::Rate => "requests a second",
            Metric::ServiceP99 => "service time at p99",
            Metric::ResponseP99 => "response time at p99",
            Metric::CpuPerRequest => "processor time a request",
            Metric::SwitchesPerThousand => "switches per 1,000 requests",
            Metric::RetriesPerCommand => "retries a command",
            Metric::Jain => "Jain's index",
            Metric::LeastShare => "least share",
            Metric::Stall => "longest wait",
        }
    }
}
