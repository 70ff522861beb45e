//! Summarizes the rows of one strategy in one scenario, over all blocks.

use std::ops::Range;

use super::row_quantile::{self, BEYOND_P99_PPM, RowQuantile};
use hotrow_results::{
    AuditVerdict, MeasurementRow, Role,
    stats::{Blocks, Ratio, Summary, has_samples_beyond, median},
};

/// One line of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct ContenderSummary {
    /// The strategy.
    pub strategy: String,
    /// The family of strategies that it belongs to.
    pub family: String,
    /// Its role in the measurement.
    pub role: Role,
    /// Its tier, from 1; `None` if it is not ranked.
    pub rank: Option<usize>,
    /// Whether the interval of its ratio is wider than a factor of 2, so that its rank shows no
    /// more than that a difference was not found.
    pub inconclusive: bool,
    /// Requests completed per second; `None` if no block was measured to its end.
    pub rate: Option<Summary>,
    /// The ratio to the baseline of the rate or, in an open loop, of the response time at p99.
    /// `None` if they share no block.
    pub ratio: Option<Ratio>,
    /// Service times: p50, p99, p99.9 and maximum.
    pub service: [Option<ServiceTime>; 4],
    /// Response times in an open loop: p50, p99, p99.9 and maximum.
    pub response: [Option<ServiceTime>; 4],
    /// How much of the offered load was achieved, in an open loop.
    pub attainment: Option<LoadAttainment>,
    /// Requests that the slowest client completed, as a share of the mean; 1 is perfectly fair.
    pub fairness: Option<f64>,
    /// Jain's index of the requests that clients completed; 1 is perfectly fair.
    pub jain: Option<f64>,
    /// Whether its blocks completed too few requests for a rate, fewer than 20 each.
    pub insufficient: bool,
    /// Its use of resources other than time.
    pub effort: Effort,
    /// The verdict of the audit, over all blocks.
    pub audit: AuditSummary,
}

/// How much of the offered load was achieved, as medians over the blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadAttainment {
    /// Requests completed, as a share of those that were due.
    pub achieved: f64,
    /// Requests sent more than 10 microseconds after they were due, as a share of all.
    pub late_starts: f64,
    /// The largest number of requests of one client that were due and not sent.
    pub backlog_max: f64,
}

impl LoadAttainment {
    /// The smallest share of the due requests that must be completed for the tail to be ranked.
    pub const ACHIEVED_MIN: f64 = 0.99;

    /// Whether too few of the due requests were completed.
    pub fn is_saturated(&self) -> bool {
        self.achieved < LoadAttainment::ACHIEVED_MIN
    }
}

/// The resources other than time that answering takes, as medians over the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Effort {
    /// Requests completed per second of processor time.
    pub per_cpu_second: Option<f64>,
    /// Context switches per request.
    pub switches: Option<f64>,
    /// Decisions that were repeated, per command that was decided.
    pub retries: Option<f64>,
    /// The longest wait of a client that was observed in any block, in nanoseconds. `None` if no
    /// wait reached the 5 ms between two observations.
    pub stalled_ns_max: Option<u64>,
}

/// A service or response time in nanoseconds, as the median over the blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceTime {
    /// Not above the time of `noop`: the cost of sending the request hides it.
    AtMostNoop,
    /// A time in nanoseconds.
    Ns(f64),
}

/// The result of the audits of all blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditSummary {
    /// The audit of every block passes.
    Pass {
        /// Ledger entries checked, in all blocks together.
        entries: u64,
    },
    /// The audit of at least one block found a violation.
    Violation {
        /// The number of blocks with a violation.
        blocks: usize,
        /// The violation in the first of these blocks.
        violation: String,
    },
    /// There is no ledger to check.
    NotAudited,
}

/// Requests that a block must complete for its rate to be reported. Then one request more or less
/// is a difference of 5 %. With one request per block, the rate would only reflect the length of
/// the window.
pub(super) const COMPLETED_MIN: u64 = 20;

/// The time between two observations of waiting clients. A shorter wait is not observed.
const OBSERVATION_INTERVAL_NS: u64 = 5_000_000;

/// The rows of one strategy in one role, by the index of their block.
#[derive(Debug, Clone)]
pub(super) struct Series<'a> {
    pub(super) scenario: &'a str,
    pub(super) strategy: &'a str,
    pub(super) role: Role,
    /// The rows of all blocks, also of excluded ones.
    rows: Vec<&'a MeasurementRow>,
    /// The complete row of each evaluated block.
    complete: Vec<Option<&'a MeasurementRow>>,
    /// The blocks of each fork, if there are enough forks to use them as replicates.
    forks: Option<Vec<Range<usize>>>,
}

impl<'a> Series<'a> {
    pub(super) fn new(
        first: &'a MeasurementRow,
        blocks: usize,
        forks: Option<Vec<Range<usize>>>,
    ) -> Series<'a> {
        let (scenario, strategy, role) = (&first.scenario, &first.strategy, first.role);
        Series { scenario, strategy, role, rows: Vec::new(), complete: vec![None; blocks], forks }
    }

    /// Adds a row of the evaluated block with this index, or of an excluded block without one.
    pub(super) fn push(&mut self, block: Option<usize>, row: &'a MeasurementRow) {
        self.rows.push(row);
        if let Some(block) = block.filter(|_| !row.truncated) {
            self.complete[block] = Some(row);
        }
    }

    /// Returns one value per replicate.
    ///
    /// A replicate is a block. If there are enough forks, a replicate is a fork, with the median of
    /// its blocks: blocks of one fork are more alike than blocks of two.
    pub(super) fn blocks(&self, value: impl Fn(&MeasurementRow) -> Option<f64>) -> Blocks {
        let usable = |value: &f64| value.is_finite() && *value > 0.0;
        let block_value = |row: &Option<&MeasurementRow>| row.and_then(&value).filter(usable);
        let values: Vec<Option<f64>> = self.complete.iter().map(block_value).collect();
        let replicates = match &self.forks {
            None => values,
            Some(forks) => {
                let fork_median = |blocks: &Range<usize>| {
                    median(&values[blocks.clone()].iter().flatten().copied().collect::<Vec<_>>())
                };
                forks.iter().map(fork_median).collect()
            }
        };
        Blocks::of(replicates).expect("every value is finite and above zero")
    }

    /// Returns requests per second. A block with fewer than [`COMPLETED_MIN`] requests is left out.
    pub(super) fn rates(&self) -> Blocks {
        self.blocks(|row| {
            let is_enough = row.window_ns > 0 && COMPLETED_MIN <= row.completed;
            is_enough.then(|| row.completed as f64 * 1e9 / row.window_ns as f64)
        })
    }

    /// Returns the response time at p99 in nanoseconds, but at least that of `noop` in the same
    /// block: smaller times cannot be distinguished.
    pub(super) fn tails_above(&self, noop: Option<&Series<'_>>) -> Blocks {
        let noop_ns = |row: &MeasurementRow| {
            let rows = noop.map_or(&[][..], |noop| &noop.rows);
            let is_same_block =
                |other: &&&MeasurementRow| (other.fork, other.block) == (row.fork, row.block);
            rows.iter().find(is_same_block).map_or(0, |noop| noop.response_ns_p99)
        };
        let has_samples = self.has_samples_beyond(BEYOND_P99_PPM);
        self.blocks(|row| has_samples.then(|| row.response_ns_p99.max(noop_ns(row)) as f64))
    }

    /// Returns the median over the blocks of each quantile of the service time, in nanoseconds.
    pub(super) fn service_ns(&self) -> [Option<f64>; 4] {
        row_quantile::SERVICE.map(|quantile| self.quantile_ns(quantile))
    }

    /// Returns the median over the blocks of each quantile of the response time, in nanoseconds.
    pub(super) fn response_ns(&self) -> [Option<f64>; 4] {
        row_quantile::RESPONSE.map(|quantile| self.quantile_ns(quantile))
    }

    /// Returns `None` if too few samples lie beyond the quantile.
    fn quantile_ns(&self, quantile: RowQuantile) -> Option<f64> {
        let has_samples = self.has_samples_beyond(quantile.beyond_ppm);
        has_samples.then(|| self.median(|row| Some((quantile.ns)(row) as f64))).flatten()
    }

    /// Whether there are enough samples for a quantile with this share beyond it, in millionths.
    pub(super) fn has_samples_beyond(&self, beyond_ppm: u64) -> bool {
        let samples: Vec<u64> = self.complete.iter().flatten().map(|row| row.samples).collect();
        has_samples_beyond(&samples, beyond_ppm)
    }

    /// Returns the median over the evaluated blocks.
    fn median(&self, value: impl Fn(&MeasurementRow) -> Option<f64>) -> Option<f64> {
        let values = self.complete.iter().flatten().filter_map(|row| value(row));
        median(&values.collect::<Vec<_>>())
    }

    pub(super) fn audit(&self) -> AuditSummary {
        let mut violations = self.rows.iter().filter(|row| row.verdict == AuditVerdict::Violation);
        if let Some(first) = violations.next() {
            return AuditSummary::Violation {
                blocks: 1 + violations.count(),
                violation: first.violation.clone(),
            };
        }
        if self.rows.iter().all(|row| row.verdict == AuditVerdict::NotAudited) {
            return AuditSummary::NotAudited;
        }
        AuditSummary::Pass { entries: self.rows.iter().map(|row| row.audited_entries).sum() }
    }

    /// Returns the summary without a rank.
    pub(super) fn summary(
        &self,
        ratio: Option<Ratio>,
        noop: Option<&Series<'_>>,
    ) -> ContenderSummary {
        let above = |times: [Option<f64>; 4], noop_times: [Option<f64>; 4]| {
            let mut times = times.map(|ns| ns.map(ServiceTime::Ns));
            for (time, noop_ns) in times.iter_mut().zip(noop_times) {
                *time = time.map(|time| time.above(noop_ns));
            }
            times
        };
        let noop = noop.filter(|_| self.strategy != "noop");
        let attainment = self.attainment();
        ContenderSummary {
            strategy: self.strategy.to_owned(),
            family: self.rows.first().map_or_else(String::new, |row| row.family.clone()),
            role: self.role,
            rank: None,
            inconclusive: false,
            rate: Summary::of(&self.rates()),
            ratio,
            service: above(self.service_ns(), noop.map_or([None; 4], Series::service_ns)),
            response: match attainment {
                None => [None; 4],
                Some(_) => above(self.response_ns(), noop.map_or([None; 4], Series::response_ns)),
            },
            attainment,
            fairness: self.fairness(),
            jain: self.median(|row| (row.jain_ppm > 0).then(|| row.jain_ppm as f64 / 1e6)),
            insufficient: self.is_insufficient(),
            effort: self.effort(),
            audit: self.audit(),
        }
    }

    /// Whether the median block completed fewer than [`COMPLETED_MIN`] requests.
    fn is_insufficient(&self) -> bool {
        let completed = self.median(|row| (row.window_ns > 0).then_some(row.completed as f64));
        completed.is_some_and(|completed| completed < COMPLETED_MIN as f64)
    }

    fn attainment(&self) -> Option<LoadAttainment> {
        let share_of_due = |count: fn(&MeasurementRow) -> u64| {
            self.median(|row| (row.due > 0).then(|| count(row) as f64 / row.due as f64))
        };
        Some(LoadAttainment {
            achieved: share_of_due(|row| row.completed)?,
            late_starts: share_of_due(|row| row.late_starts)?,
            backlog_max: self.median(|row| Some(row.backlog_max as f64))?,
        })
    }

    fn effort(&self) -> Effort {
        let is_busy = |row: &MeasurementRow| row.completed > 0 && row.cpu_ns > 0;
        let per_request = |row: &MeasurementRow, count: u64| count as f64 / row.completed as f64;
        let stalls = self.complete.iter().flatten().map(|row| row.stalled_ns_max);
        Effort {
            per_cpu_second: self
                .median(|row| is_busy(row).then(|| row.completed as f64 * 1e9 / row.cpu_ns as f64)),
            switches: self.median(|row| {
                let switches = row.switches_voluntary + row.switches_forced;
                is_busy(row).then(|| per_request(row, switches))
            }),
            retries: self.median(|row| {
                let decided = row.applied + row.rejected;
                row.retries.filter(|_| decided > 0).map(|retries| retries as f64 / decided as f64)
            }),
            stalled_ns_max: stalls.max().filter(|ns| *ns >= OBSERVATION_INTERVAL_NS),
        }
    }

    fn fairness(&self) -> Option<f64> {
        self.median(|row| {
            let slowest = row.completed_by_slowest as f64;
            // A maximum of zero means that requests were not counted for each client.
            (row.completed_by_fastest > 0)
                .then(|| slowest * f64::from(row.clients) / row.completed as f64)
        })
    }
}

impl ServiceTime {
    /// Returns [`ServiceTime::AtMostNoop`] if the time is not above that of `noop`.
    fn above(self, noop_ns: Option<f64>) -> ServiceTime {
        match (self, noop_ns) {
            (ServiceTime::Ns(ns), Some(noop_ns)) if ns <= noop_ns => ServiceTime::AtMostNoop,
            _ => self,
        }
    }
}
