//! What one strategy measured in one cell, over all blocks.

use std::ops::Range;

use super::row_quantile::{self, BEYOND_P99_PPM, RowQuantile};
use crate::{
    record::{Finding, Role, Row},
    stats::{Blocks, Ratio, Summary, has_samples_beyond, median},
};

/// One line of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The strategy.
    pub strategy: String,
    /// What kind of answer it is.
    pub family: String,
    /// What it was measured for.
    pub role: Role,
    /// Its tier, from 1; `None` where it is not ranked.
    pub rank: Option<usize>,
    /// Whether its rank says only that it cannot be told apart: its blocks differ so much that it
    /// may as well be half or twice as fast.
    pub unsettled: bool,
    /// Requests completed per second; `None` if no block was measured to its end.
    pub rate: Option<Summary>,
    /// What it is ranked by to the baseline's: its rate or, under a promised rate, the response time
    /// that 99 in 100 did not exceed. `None` if they share no block.
    pub ratio: Option<Ratio>,
    /// Service times that half, 99 %, 99.9 % and all of the samples did not exceed.
    pub service: [Option<ServiceTime>; 4],
    /// The same of response times, under a promised rate.
    pub response: [Option<ServiceTime>; 4],
    /// How the promise was kept, under a promised rate.
    pub promise: Option<Promise>,
    /// What the slowest client completed, as a share of the mean; 1 is perfectly fair.
    pub fairness: Option<f64>,
    /// Jain's index of what clients completed; 1 is perfectly fair.
    pub jain: Option<f64>,
    /// Whether its blocks completed too few requests for a rate, fewer than 20 each.
    pub insufficient: bool,
    /// What it takes beside time.
    pub effort: Effort,
    /// Whether its books balance, over all blocks.
    pub books: Books,
}

/// How a promised rate was kept, as medians over the blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Requests completed, as a share of those that were due.
    pub achieved: f64,
    /// Requests asked more than 10 microseconds after they were due, as a share of all.
    pub late: f64,
    /// The most requests of one client that were due and not asked.
    pub backlog_max: f64,
}

impl Promise {
    /// The least share of what was due that must be completed for its tail to be ranked.
    pub const ACHIEVED_MIN: f64 = 0.99;

    /// Whether less was completed than came.
    pub fn is_saturated(&self) -> bool {
        self.achieved < Promise::ACHIEVED_MIN
    }
}

/// What answering takes beside time, as medians over the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Effort {
    /// Requests completed for each second of one core.
    pub per_cpu_second: Option<f64>,
    /// Times that a thread changed, for each request.
    pub switches: Option<f64>,
    /// Commands decided again, for each that was decided.
    pub retries: Option<f64>,
    /// The longest that a client was seen to wait, in nanoseconds, in any block; none was seen to
    /// wait for the 5 ms between two looks if there is none.
    pub stalled_ns_max: Option<u64>,
}

/// A service time in nanoseconds, as the median over the blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceTime {
    /// Not above what answering nothing takes: the cost of asking hides it.
    AtFloor,
    /// So many nanoseconds.
    Ns(f64),
}

/// What the audits of all blocks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Books {
    /// Every block's books balance.
    Balanced {
        /// Ledger entries examined, all blocks together.
        entries: u64,
    },
    /// Some block's books do not.
    Wrong {
        /// How many blocks.
        blocks: usize,
        /// What proves it in the first of them.
        violation: String,
    },
    /// There are none.
    NoBooks,
}

/// Requests that a block must complete for its rate to be reported. One more or less is then a difference
/// of 5 %; with one request a block a rate is the length of the window and nothing else.
pub(super) const COMPLETED_MIN: u64 = 20;

/// What lies between two looks at who waits: a shorter wait is not seen.
const LOOK_NS: u64 = 5_000_000;

/// The rows of one strategy in one role, by the index of their block.
#[derive(Debug, Clone)]
pub(super) struct Series<'a> {
    pub(super) cell: &'a str,
    pub(super) strategy: &'a str,
    pub(super) role: Role,
    /// Of all blocks, whatever became of them.
    rows: Vec<&'a Row>,
    /// Of the blocks that count.
    whole: Vec<Option<&'a Row>>,
    /// Which blocks are of one process, where there are processes enough to be the replicates.
    processes: Option<Vec<Range<usize>>>,
}

impl<'a> Series<'a> {
    pub(super) fn new(
        first: &'a Row,
        blocks: usize,
        processes: Option<Vec<Range<usize>>>,
    ) -> Series<'a> {
        let (cell, strategy, role) = (&first.cell, &first.strategy, first.role);
        Series { cell, strategy, role, rows: Vec::new(), whole: vec![None; blocks], processes }
    }

    /// Adds a row of the block with this index; of a block that does not count, without one.
    pub(super) fn push(&mut self, block: Option<usize>, row: &'a Row) {
        self.rows.push(row);
        if let Some(block) = block.filter(|_| !row.cut_short) {
            self.whole[block] = Some(row);
        }
    }

    /// A value of each replicate: of each block or, where there are processes enough, of each
    /// process the median of its blocks, since blocks of one process are more alike than those of
    /// two.
    pub(super) fn blocks(&self, value: impl Fn(&Row) -> Option<f64>) -> Blocks {
        let usable = |value: &f64| value.is_finite() && *value > 0.0;
        let of_block = |row: &Option<&Row>| row.and_then(&value).filter(usable);
        let values: Vec<Option<f64>> = self.whole.iter().map(of_block).collect();
        let replicates = match &self.processes {
            None => values,
            Some(processes) => {
                let of_process = |blocks: &Range<usize>| {
                    median(&values[blocks.clone()].iter().flatten().copied().collect::<Vec<_>>())
                };
                processes.iter().map(of_process).collect()
            }
        };
        Blocks::of(replicates).expect("values that have no logarithm are left out")
    }

    /// Requests per second. A block in which fewer than [`COMPLETED_MIN`] were completed is left out.
    pub(super) fn rates(&self) -> Blocks {
        self.blocks(|row| {
            let is_enough = row.window_ns > 0 && COMPLETED_MIN <= row.completed;
            is_enough.then(|| row.completed as f64 * 1e9 / row.window_ns as f64)
        })
    }

    /// The response time in nanoseconds that 99 in 100 did not exceed, and none shorter than that of
    /// `null` in the same block: below that nothing can be told apart.
    pub(super) fn tails_above(&self, null: Option<&Series<'_>>) -> Blocks {
        let null_ns = |row: &Row| {
            let rows = null.map_or(&[][..], |null| &null.rows);
            let same = |other: &&&Row| (other.process, other.block) == (row.process, row.block);
            rows.iter().find(same).map_or(0, |null| null.response_ns_p99)
        };
        let has_samples = self.has_samples_beyond(BEYOND_P99_PPM);
        self.blocks(|row| has_samples.then(|| row.response_ns_p99.max(null_ns(row)) as f64))
    }

    /// The median over the blocks of each quantile of the service time, in nanoseconds.
    pub(super) fn service_ns(&self) -> [Option<f64>; 4] {
        row_quantile::SERVICE.map(|quantile| self.quantile_ns(quantile))
    }

    /// The same of the response time.
    pub(super) fn response_ns(&self) -> [Option<f64>; 4] {
        row_quantile::RESPONSE.map(|quantile| self.quantile_ns(quantile))
    }

    /// Nothing if too few samples lie beyond the quantile.
    fn quantile_ns(&self, quantile: RowQuantile) -> Option<f64> {
        let has_samples = self.has_samples_beyond(quantile.beyond_ppm);
        has_samples.then(|| self.median(|row| Some((quantile.ns)(row) as f64))).flatten()
    }

    /// Whether there are samples enough for a quantile with this share beyond it, in millionths.
    pub(super) fn has_samples_beyond(&self, beyond_ppm: u64) -> bool {
        let samples: Vec<u64> = self.whole.iter().flatten().map(|row| row.samples).collect();
        has_samples_beyond(&samples, beyond_ppm)
    }

    /// The median over the blocks that count.
    fn median(&self, value: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
        let values = self.whole.iter().flatten().filter_map(|row| value(row));
        median(&values.collect::<Vec<_>>())
    }

    pub(super) fn books(&self) -> Books {
        let mut wrong = self.rows.iter().filter(|row| row.verdict == Finding::Wrong);
        if let Some(first) = wrong.next() {
            return Books::Wrong { blocks: 1 + wrong.count(), violation: first.violation.clone() };
        }
        if self.rows.iter().all(|row| row.verdict == Finding::NoBooks) {
            return Books::NoBooks;
        }
        Books::Balanced { entries: self.rows.iter().map(|row| row.audited_entries).sum() }
    }

    /// The whole line but for the rank.
    pub(super) fn standing(&self, ratio: Option<Ratio>, null: Option<&Series<'_>>) -> Standing {
        let above = |times: [Option<f64>; 4], floors: [Option<f64>; 4]| {
            let mut times = times.map(|ns| ns.map(ServiceTime::Ns));
            for (time, floor) in times.iter_mut().zip(floors) {
                *time = time.map(|time| time.above(floor));
            }
            times
        };
        let null = null.filter(|_| self.strategy != "null");
        let promise = self.promise();
        Standing {
            strategy: self.strategy.to_owned(),
            family: self.rows.first().map_or_else(String::new, |row| row.family.clone()),
            role: self.role,
            rank: None,
            unsettled: false,
            rate: Summary::of(&self.rates()),
            ratio,
            service: above(self.service_ns(), null.map_or([None; 4], Series::service_ns)),
            response: match promise {
                None => [None; 4],
                Some(_) => above(self.response_ns(), null.map_or([None; 4], Series::response_ns)),
            },
            promise,
            fairness: self.fairness(),
            jain: self.median(|row| (row.jain_ppm > 0).then(|| row.jain_ppm as f64 / 1e6)),
            insufficient: self.is_insufficient(),
            effort: self.effort(),
            books: self.books(),
        }
    }

    /// Whether something was completed in most blocks, and too little in most.
    fn is_insufficient(&self) -> bool {
        let completed = self.median(|row| (row.window_ns > 0).then_some(row.completed as f64));
        completed.is_some_and(|completed| completed < COMPLETED_MIN as f64)
    }

    fn promise(&self) -> Option<Promise> {
        let of_scheduled = |count: fn(&Row) -> u64| {
            self.median(|row| (row.scheduled > 0).then(|| count(row) as f64 / row.scheduled as f64))
        };
        Some(Promise {
            achieved: of_scheduled(|row| row.completed)?,
            late: of_scheduled(|row| row.late)?,
            backlog_max: self.median(|row| Some(row.backlog_max as f64))?,
        })
    }

    fn effort(&self) -> Effort {
        let busy = |row: &Row| row.completed > 0 && row.cpu_ns > 0;
        let each = |row: &Row, count: u64| count as f64 / row.completed as f64;
        let stalls = self.whole.iter().flatten().map(|row| row.stalled_ns_max);
        Effort {
            per_cpu_second: self
                .median(|row| busy(row).then(|| row.completed as f64 * 1e9 / row.cpu_ns as f64)),
            switches: self.median(|row| {
                busy(row).then(|| each(row, row.switches_voluntary + row.switches_forced))
            }),
            retries: self.median(|row| {
                let decided = row.applied + row.refused;
                row.retries.filter(|_| decided > 0).map(|retries| retries as f64 / decided as f64)
            }),
            stalled_ns_max: stalls.max().filter(|ns| *ns >= LOOK_NS),
        }
    }

    fn fairness(&self) -> Option<f64> {
        self.median(|row| {
            let slowest = row.completed_by_slowest as f64;
            // Where nobody counted for each client, nobody completed the most.
            (row.completed_by_fastest > 0)
                .then(|| slowest * f64::from(row.clients) / row.completed as f64)
        })
    }
}

impl ServiceTime {
    fn above(self, floor: Option<f64>) -> ServiceTime {
        match (self, floor) {
            (ServiceTime::Ns(ns), Some(floor)) if ns <= floor => ServiceTime::AtFloor,
            _ => self,
        }
    }
}
