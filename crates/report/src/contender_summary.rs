//! Summarizes the rows of one strategy in one scenario, over all blocks.

use std::ops::Range;

use super::{
    comparison::RankedBy,
    row_quantile::{self, RowQuantile, response_ns},
};
use hotrow_results::{
    AuditVerdict, MeasurementRow, Role,
    stats::{
        Blocks, LoadBlock, Ratio, ResponseBlock, Saturation, Summary, Verdict, has_samples_beyond,
        median,
    },
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
    /// The ratio to the baseline of the rate or, in an open loop, of the response time at the
    /// ranked quantile. `None` if they share no block.
    pub ratio: Option<Ratio>,
    /// The same ratio to the best contender; `None` if it is not compared.
    pub to_best: Option<Ratio>,
    /// How it compares with the leader of its tier; `None` for the leader and without a rank.
    pub within_tier: Option<Verdict>,
    /// Nanoseconds a request, by the medians over the blocks: those of this strategy and of the
    /// baseline. In a closed loop that is the inverse of the rate of all clients together, and in
    /// an open loop the response time at the ranked quantile.
    pub ns_per_request: Option<[f64; 2]>,
    /// The response time at the ranked quantile, and its excess over that of `noop`, in
    /// nanoseconds; in an open loop.
    pub ranked_response: Option<(f64, Option<f64>)>,
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

impl ContenderSummary {
    /// Adds the ratio to the baseline, and the times a request that it stands for.
    pub(super) fn compared(self, own: &Blocks, baseline: &Blocks, by: RankedBy) -> Self {
        let ns = |values| Some(by.ns(Summary::of(values)?.median));
        let ns_per_request = ns(own).zip(ns(baseline)).map(|(own, baseline)| [own, baseline]);
        ContenderSummary { ratio: Ratio::of(own, baseline), ns_per_request, ..self }
    }

    /// Whether it did not keep up with its offered load.
    pub fn is_saturated(&self) -> bool {
        self.attainment.is_some_and(|attainment| attainment.load.is_saturated())
    }
}

/// How much of the offered load was achieved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadAttainment {
    /// Requests completed, as a share of those that were due: of all blocks and of the worst.
    pub load: Saturation,
    /// Requests sent more than 10 microseconds after they were due, as a share of all: the median
    /// over the blocks.
    pub late_starts: f64,
    /// The largest number of requests of one client that were due and not sent: the median over
    /// the blocks.
    pub backlog_max: f64,
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

    /// Returns the response time at a quantile in nanoseconds.
    pub(super) fn responses_at(&self, ppm: u32) -> Blocks {
        self.blocks(|row| response_ns(row, ppm).map(|ns| ns as f64))
    }

    /// Returns the response times of the evaluated blocks, for the choice of a quantile.
    pub(super) fn response_blocks(&self) -> Vec<ResponseBlock> {
        self.complete.iter().flatten().map(|row| row.response_block()).collect()
    }

    /// Returns the load of all evaluated blocks; `None` in a closed loop.
    pub(super) fn load(&self) -> Option<Saturation> {
        let rows = self.complete.iter().flatten();
        Saturation::of(rows.map(|row| LoadBlock { due: row.due, completed: row.completed }))
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

    /// Returns the summary without a rank and without ratios. In an open loop, `ranked_ppm` is the
    /// quantile that contenders are ranked by.
    pub(super) fn summary(
        &self,
        noop: Option<&Series<'_>>,
        ranked_ppm: Option<u32>,
    ) -> ContenderSummary {
        let noop = noop.filter(|_| self.strategy != "noop");
        let attainment = self.attainment();
        ContenderSummary {
            strategy: self.strategy.to_owned(),
            family: self.rows.first().map_or_else(String::new, |row| row.family.clone()),
            role: self.role,
            rank: None,
            inconclusive: false,
            rate: Summary::of(&self.rates()),
            ratio: None,
            to_best: None,
            within_tier: None,
            ns_per_request: None,
            ranked_response: ranked_ppm.and_then(|ppm| self.ranked_response(noop, ppm)),
            service: self.service_above(noop),
            response: match attainment {
                None => [None; 4],
                Some(_) => self.response_ns().map(|ns| ns.map(ServiceTime::Ns)),
            },
            attainment,
            fairness: self.fairness(),
            jain: self.median(|row| (row.jain_ppm > 0).then(|| row.jain_ppm as f64 / 1e6)),
            insufficient: self.is_insufficient(),
            effort: self.effort(),
            audit: self.audit(),
        }
    }

    /// Returns the service times, with those marked that are not above the time of `noop`.
    fn service_above(&self, noop: Option<&Series<'_>>) -> [Option<ServiceTime>; 4] {
        let mut times = self.service_ns().map(|ns| ns.map(ServiceTime::Ns));
        let noop_times = noop.map_or([None; 4], Series::service_ns);
        for (time, noop_ns) in times.iter_mut().zip(noop_times) {
            *time = time.map(|time| time.above(noop_ns));
        }
        times
    }

    /// Returns the median over the blocks of the response time at a quantile, and the median of its
    /// excess over `noop`.
    fn ranked_response(&self, noop: Option<&Series<'_>>, ppm: u32) -> Option<(f64, Option<f64>)> {
        let own = Summary::of(&self.responses_at(ppm))?.median;
        let noop = noop.and_then(|noop| Summary::of(&noop.responses_at(ppm)));
        Some((own, noop.map(|noop| own - noop.median)))
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
            load: self.load()?,
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
