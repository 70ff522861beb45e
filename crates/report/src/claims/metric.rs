//! The metrics that a claim can be about.

use serde::Deserialize;

use crate::{
    contender_summary::Series,
    figures::{duration, rate_of, three_digits},
    row_quantile::BEYOND_P99_PPM,
};
use hotrow_results::{MeasurementRow, stats::Blocks};

/// A number of a row. Some metrics exist only in some scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Metric {
    /// Requests answered per second.
    Rate,
    /// The service time at p99.
    ServiceP99,
    /// The response time in an open loop, at the quantile that the scenario is ranked by.
    Response,
    /// Processor time per request.
    CpuPerRequest,
    /// Context switches per 1,000 requests.
    SwitchesPerThousand,
    /// Repeated decisions per command that was decided.
    RetriesPerCommand,
    /// Jain's index of the requests that clients completed.
    Jain,
    /// Requests that the slowest client completed, as a share of the mean.
    LeastShare,
    /// The longest wait of a client that was observed.
    Stall,
}

impl Metric {
    /// Returns the value of each replicate. Rows without a value above zero are left out.
    ///
    /// Only the scenario knows the quantile of [`Metric::Response`], which has no values here.
    pub(crate) fn values(self, series: &Series<'_>) -> Blocks {
        match self {
            Metric::Rate => series.rates(),
            Metric::ServiceP99 if !series.has_samples_beyond(BEYOND_P99_PPM) => Blocks::default(),
            _ => series.blocks(|row| self.row_value(row)),
        }
    }

    fn row_value(self, row: &MeasurementRow) -> Option<f64> {
        let per_request = |count: f64| (row.completed > 0).then(|| count / row.completed as f64);
        match self {
            Metric::Rate | Metric::Response => None,
            Metric::ServiceP99 => (row.samples > 0).then_some(row.ns_p99 as f64),
            Metric::CpuPerRequest => per_request(row.cpu_ns as f64),
            Metric::SwitchesPerThousand => {
                per_request((row.switches_voluntary + row.switches_forced) as f64 * 1e3)
            }
            Metric::RetriesPerCommand => {
                let decided = (row.applied + row.rejected) as f64;
                row.retries.map(|retries| retries as f64 / decided)
            }
            Metric::Jain => Some(row.jain_ppm as f64 / 1e6),
            Metric::LeastShare => {
                per_request(row.completed_by_slowest as f64 * f64::from(row.clients))
            }
            Metric::Stall => Some(row.stalled_ns_max as f64),
        }
    }

    /// Formats a value with its unit.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Metric::Rate => rate_of(value),
            Metric::ServiceP99 | Metric::Response | Metric::CpuPerRequest | Metric::Stall => {
                duration(value)
            }
            _ => three_digits(value),
        }
    }

    /// Returns the name of the metric in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Metric::Rate => "requests a second",
            Metric::ServiceP99 => "service time at p99",
            Metric::Response => "response time",
            Metric::CpuPerRequest => "processor time per request",
            Metric::SwitchesPerThousand => "context switches per 1,000 requests",
            Metric::RetriesPerCommand => "retries per command",
            Metric::Jain => "Jain's index",
            Metric::LeastShare => "share of the slowest client",
            Metric::Stall => "longest wait",
        }
    }
}
