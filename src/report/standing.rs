//! What one strategy measured in one cell, over all blocks.

use crate::{
    record::{Finding, Role, Row},
    stats::{Blocks, Ratio, Summary, median},
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
    /// Its rate to the baseline's; `None` if they share no block.
    pub ratio: Option<Ratio>,
    /// Service times that half, 99 %, 99.9 % and all of the samples did not exceed.
    pub service: [Option<ServiceTime>; 4],
    /// What the slowest client completed, as a share of the mean; 1 is perfectly fair.
    pub fairness: Option<f64>,
    /// Whether its books balance, over all blocks.
    pub books: Books,
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

/// The rows of one strategy in one role, by the index of their block.
#[derive(Debug, Clone)]
pub(super) struct Series<'a> {
    pub(super) strategy: &'a str,
    pub(super) role: Role,
    /// Of all blocks, whole or cut short.
    rows: Vec<&'a Row>,
    /// Of the blocks that were measured to their end.
    whole: Vec<Option<&'a Row>>,
}

impl<'a> Series<'a> {
    pub(super) fn new(first: &'a Row, blocks: usize) -> Series<'a> {
        let (strategy, role) = (&first.strategy, first.role);
        Series { strategy, role, rows: Vec::new(), whole: vec![None; blocks] }
    }

    pub(super) fn push(&mut self, block: usize, row: &'a Row) {
        self.rows.push(row);
        if !row.cut_short {
            self.whole[block] = Some(row);
        }
    }

    /// Requests per second by block. A block in which nothing was completed is left out: it has no
    /// ratio to anything.
    pub(super) fn rates(&self) -> Blocks {
        Blocks::of(self.whole.iter().map(|row| {
            let row = row.filter(|row| row.completed > 0 && row.window_ns > 0)?;
            Some(row.completed as f64 * 1e9 / row.window_ns as f64)
        }))
        .expect("both counts are above zero")
    }

    /// The median over the blocks of each quantile, where anything was timed.
    pub(super) fn service_ns(&self) -> [Option<f64>; 4] {
        let quantiles: [fn(&Row) -> u64; 4] =
            [|row| row.ns_p50, |row| row.ns_p99, |row| row.ns_p999, |row| row.ns_max];
        quantiles.map(|quantile| {
            let timed = self.whole.iter().flatten().filter(|row| row.samples > 0);
            median(&timed.map(|row| quantile(row) as f64).collect::<Vec<_>>())
        })
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
    pub(super) fn standing(&self, baseline: &Blocks, null_ns: [Option<f64>; 4]) -> Standing {
        let rates = self.rates();
        let mut service = self.service_ns().map(|ns| ns.map(ServiceTime::Ns));
        if self.strategy != "null" {
            for (time, floor) in service.iter_mut().zip(null_ns) {
                *time = time.map(|time| time.above(floor));
            }
        }
        Standing {
            strategy: self.strategy.to_owned(),
            family: self.rows.first().map_or_else(String::new, |row| row.family.clone()),
            role: self.role,
            rank: None,
            unsettled: false,
            rate: Summary::of(&rates),
            ratio: Ratio::of(&rates, baseline),
            service,
            fairness: self.fairness(),
            books: self.books(),
        }
    }

    fn fairness(&self) -> Option<f64> {
        let busy = self.whole.iter().flatten().filter(|row| row.completed > 0);
        let shares = busy.map(|row| {
            row.completed_by_slowest as f64 * f64::from(row.clients) / row.completed as f64
        });
        median(&shares.collect::<Vec<_>>())
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
