//! The load up to which probes pass, from counts of passed and failed probes at several loads.
//!
//! A probe at one load passes or fails by chance, and the higher the load, the less often it
//! passes. The threshold is the highest load at which at least half of the probes pass, which is
//! the median effective dose of a dose-response experiment. Nothing else is assumed of the curve:
//! neither its shape nor its slope.
//!
//! **Interval.** The probes at one load lie in different blocks, so they are independent, and a
//! sign test decides whether more than half of them pass. The lower end starts at the lowest load
//! and rises while the test rejects "at most half pass" at 2.5 %. Only the first load at or above
//! the true threshold can make it too high, and the test of that load errs in at most 2.5 % of
//! runs: this is the fixed-sequence procedure (Westfall and Krishen, J. Stat. Plan. Inference 99,
//! 2001), which needs no correction for the number of loads. The upper end comes down from the highest
//! load in the same way. So the interval covers the threshold in at least 95 % of runs, also if
//! one disturbance affects all loads of a block. An end that no test supports is open.
//!
//! **Estimate.** Isotonic regression (pool adjacent violators) makes the shares of passed probes
//! fall with the load, and the estimate is where they cross one half, interpolated in log scale:
//! the estimator of Stylianou and Flournoy (Biometrics 58, 2002).

/// The fewest probes at one load with which the sign test can reject: 2^-6 is below 2.5 %.
pub const PROBES_MIN: u32 = 6;

/// The probability with which each end of the interval may be wrong.
const MISS_MAX: f64 = 0.025;

/// The loads around the middle of a search, as factors. They lie close where the threshold is
/// likely, and far apart outside, so that a search that went astray still finds an end.
const LADDER: [f64; 7] = [1.0 / 1.4, 1.0 / 1.15, 1.0 / 1.05, 1.0, 1.05, 1.15, 1.4];

/// Returns the loads to probe around `middle`, in ascending order.
pub fn ladder(middle: f64) -> [f64; 7] {
    LADDER.map(|factor| middle * factor)
}

/// The probes at one load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The load, above zero.
    pub load: f64,
    /// The number of probes.
    pub probes: u32,
    /// The number of probes that passed, at most `probes`.
    pub passes: u32,
}

/// The highest load at which at least half of the probes pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The estimate; `None` if it lies outside the probed loads.
    pub estimate: Option<f64>,
    /// The lower end of the 95 % interval; `None` if the probes show none.
    pub low: Option<f64>,
    /// The upper end of the 95 % interval; `None` if the probes show none.
    pub high: Option<f64>,
}

impl Threshold {
    /// Estimates the threshold from levels of any order. Levels of one load count together.
    pub fn of(levels: &[Level]) -> Threshold {
        let levels = merged(levels);
        let low = levels.iter().take_while(|level| level.mostly_passes()).last();
        let high = levels.iter().rev().take_while(|level| level.mostly_fails()).last();
        Threshold {
            estimate: crossing(&levels),
            low: low.map(|level| level.load),
            high: high.map(|level| level.load),
        }
    }
}

impl Level {
    /// Returns whether significantly more than half of the probes pass.
    fn mostly_passes(&self) -> bool {
        half_at_most(self.probes, self.probes - self.passes) <= MISS_MAX
    }

    /// Returns whether significantly less than half of the probes pass.
    fn mostly_fails(&self) -> bool {
        half_at_most(self.probes, self.passes) <= MISS_MAX
    }

    fn share(&self) -> f64 {
        f64::from(self.passes) / f64::from(self.probes)
    }
}

/// Returns the levels in ascending order of their loads, one for each load.
fn merged(levels: &[Level]) -> Vec<Level> {
    let mut sorted: Vec<Level> = levels.iter().filter(|level| level.probes > 0).copied().collect();
    sorted.sort_by(|one, other| one.load.total_cmp(&other.load));
    let mut merged: Vec<Level> = Vec::new();
    for level in sorted {
        match merged.last_mut().filter(|last| last.load.total_cmp(&level.load).is_eq()) {
            Some(last) => {
                last.probes += level.probes;
                last.passes += level.passes;
            }
            None => merged.push(level),
        }
    }
    merged
}

/// Returns the probability that at most `count` of `n` fair coins show heads.
fn half_at_most(n: u32, count: u32) -> f64 {
    let mut term = 0.5f64.powi(i32::try_from(n).unwrap_or(i32::MAX));
    let mut sum = 0.0;
    for heads in 0..=count.min(n) {
        sum += term;
        term *= f64::from(n - heads) / f64::from(heads + 1);
    }
    sum
}

/// Several neighbouring levels with one share of passed probes.
struct Pool {
    first: usize,
    last: usize,
    level: Level,
}

/// Returns the load at which the fitted share crosses one half.
fn crossing(levels: &[Level]) -> Option<f64> {
    let pools = pooled(levels);
    let above = pools.iter().rfind(|pool| pool.level.share() > 0.5);
    let below = pools.iter().find(|pool| pool.level.share() < 0.5);
    let at_half = pools.iter().find(|pool| 2 * pool.level.passes == pool.level.probes);
    if let Some(pool) = at_half {
        return Some((levels[pool.first].load * levels[pool.last].load).sqrt());
    }
    let (above, below) = (above?, below?);
    let (from, to) = (levels[above.last].load, levels[below.first].load);
    let way = (above.level.share() - 0.5) / (above.level.share() - below.level.share());
    Some((from.ln() + way * (to / from).ln()).exp())
}

/// Pools adjacent violators: merges neighbours until the shares of passed probes fall.
fn pooled(levels: &[Level]) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        let mut pool = Pool { first: index, last: index, level: *level };
        while let Some(before) = pools.pop_if(|before| before.level.share() <= pool.level.share()) {
            pool.first = before.first;
            pool.level.probes += before.level.probes;
            pool.level.passes += before.level.passes;
        }
        pools.push(pool);
    }
    pools
}

#[cfg(test)]
mod tests;
