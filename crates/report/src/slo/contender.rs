//! One contender: its capacity, and why it ends there.

use std::fmt;

use hotrow_results::{
    AuditVerdict, CapacityRow, ProbeKind, Role,
    stats::{Level, PROBES_MIN, Threshold, median},
};

/// Why a contender takes no more load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Its response times pass the bound, while it completes the offered load.
    Response,
    /// It does not complete the offered load.
    Load,
    /// `noop` stops there too: the clients or the machine are the limit.
    Machine,
    /// The highest probed load passes.
    BeyondLadder,
    /// The lowest probed load fails.
    BelowLadder,
    /// A probe has too few requests beyond the quantile.
    Samples,
    /// Too few blocks count.
    Blocks,
    /// The audit found a violation.
    Violation,
}

/// A contender under an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct SloContender<'a> {
    /// The name of the strategy.
    pub strategy: &'a str,
    /// Its role.
    pub role: Role,
    /// The capacity in requests a second.
    pub threshold: Threshold,
    /// Why it ends there.
    pub limit: Limit,
    /// The first violation.
    pub violation: Option<&'a str>,
    /// The probes of its ladder that count.
    pub(super) probes: Vec<&'a CapacityRow>,
}

const NONE: Threshold = Threshold { estimate: None, low: None, high: None };

impl<'a> SloContender<'a> {
    /// Evaluates the rows of one contender. Returns `None` without rows.
    pub(super) fn new(rows: &[&'a CapacityRow]) -> Option<SloContender<'a>> {
        let first = rows.first()?;
        let ladder = rows.iter().filter(|row| row.probe == ProbeKind::Ladder && row.counts());
        let probes: Vec<&CapacityRow> = ladder.copied().collect();
        let levels: Vec<Level> = loads(&probes)
            .into_iter()
            .map(|load| {
                let own = probes.iter().filter(|row| row.offered_per_1000_s == load);
                let passes = own.clone().filter(|row| row.passes()).count();
                Level { load: load as f64 / 1e3, probes: count(own.count()), passes: count(passes) }
            })
            .collect();
        let violation = rows.iter().find(|row| row.verdict == AuditVerdict::Violation);
        let has_blocks =
            !levels.is_empty() && levels.iter().all(|level| level.probes >= PROBES_MIN);
        let is_resolved = probes.iter().all(|row| row.resolves());
        let (threshold, limit) = match (violation, is_resolved, has_blocks) {
            (Some(_), _, _) => (NONE, Limit::Violation),
            (_, _, false) => (NONE, Limit::Blocks),
            (_, false, _) => (NONE, Limit::Samples),
            _ => {
                let threshold = Threshold::of(&levels);
                (threshold, limit(&threshold, &levels, &probes))
            }
        };
        Some(SloContender {
            strategy: &first.strategy,
            role: first.role,
            threshold,
            limit,
            violation: violation.map(|row| row.violation.as_str()),
            probes,
        })
    }

    /// Returns the capacity in requests a second, if it is known.
    pub fn capacity(&self) -> Option<f64> {
        self.threshold.estimate
    }

    /// If `noop` may stop within the interval of the contender, the machine is the limit. An open end
    /// is replaced by the estimate: that noise left it open says nothing of `noop`.
    pub(super) fn compare_with(&mut self, noop: Option<&SloContender<'_>>) {
        let Some(noop) = noop else { return };
        let noop_low = first_of([noop.threshold.low, noop.threshold.estimate], 0.0);
        let own_high = first_of([self.threshold.high, self.threshold.estimate], f64::INFINITY);
        let stops = [Limit::Response, Limit::Load, Limit::BeyondLadder].contains(&self.limit);
        if stops && noop_low <= own_high {
            self.limit = Limit::Machine;
        }
    }

    /// Returns the number that orders contenders: the capacity, or else a bound of it.
    pub(super) fn order(&self) -> f64 {
        let Threshold { estimate, low, .. } = self.threshold;
        first_of([estimate, low], 0.0)
    }
}

/// Returns the first known number, or `other`.
fn first_of(numbers: [Option<f64>; 2], other: f64) -> f64 {
    match numbers {
        [Some(number), _] | [None, Some(number)] => number,
        [None, None] => other,
    }
}

/// Names why the first load above the capacity fails.
fn limit(threshold: &Threshold, levels: &[Level], probes: &[&CapacityRow]) -> Limit {
    let Some(estimate) = threshold.estimate else {
        let passes: u32 = levels.iter().map(|level| level.passes).sum();
        let all: u32 = levels.iter().map(|level| level.probes).sum();
        return if 2 * passes > all { Limit::BeyondLadder } else { Limit::BelowLadder };
    };
    let failed = |row: &&&CapacityRow| row.offered() >= estimate && !row.passes();
    let first = probes.iter().filter(failed).map(|row| row.offered_per_1000_s).min();
    let at_first = probes.iter().filter(failed).filter(|row| Some(row.offered_per_1000_s) == first);
    let (missed, all) = at_first
        .fold((0, 0), |(missed, all), row| (missed + usize::from(!row.achieves_load()), all + 1));
    if 2 * missed > all { Limit::Load } else { Limit::Response }
}

/// Returns the different loads in ascending order, in thousandths of a request a second.
pub(super) fn loads(rows: &[&CapacityRow]) -> Vec<u64> {
    let mut loads: Vec<u64> = rows.iter().map(|row| row.offered_per_1000_s).collect();
    loads.sort_unstable();
    loads.dedup();
    loads
}

/// Returns the median of a time over the rows, in nanoseconds.
pub(super) fn median_ns(rows: &[&CapacityRow], ns: fn(&CapacityRow) -> u64) -> Option<f64> {
    median(&rows.iter().map(|row| ns(row) as f64).collect::<Vec<_>>())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Response => "slo",
            Limit::Load => "achieved",
            Limit::Machine => "machine",
            Limit::BeyondLadder => "not found: higher",
            Limit::BelowLadder => "not found: lower",
            Limit::Samples => "too few samples",
            Limit::Blocks => "too few blocks",
            Limit::Violation => "VIOLATION",
        })
    }
}
