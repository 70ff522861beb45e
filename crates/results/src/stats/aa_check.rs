//! The check that identical code is not called different too often.
//!
//! A strategy runs twice in each block under two names. Its 95 % interval excludes one by chance in
//! 5 % of such pairs. Many more show that something that is not the strategy decides, such as the
//! position in memory, and that no interval of the run can be relied on. The check says whether the
//! rule holds on this machine. It is no threshold: noise is in every interval already.

use super::{MISS_MAX, Ratio};

/// The probability with which the check may raise an alarm by chance, at most.
const ALARM_MAX: f64 = 0.01;

/// How many A/A pairs were called different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AaCheck {
    /// Pairs of identical code with an interval.
    pub pairs: usize,
    /// Those whose 95 % interval excludes one.
    pub different: usize,
}

impl AaCheck {
    /// Counts the A/A pairs that have an interval.
    pub fn new(ratios: impl IntoIterator<Item = Ratio>) -> Self {
        let intervals = ratios.into_iter().filter_map(|ratio| ratio.interval);
        intervals.fold(Self { pairs: 0, different: 0 }, |Self { pairs, different }, interval| {
            Self { pairs: pairs + 1, different: different + usize::from(!interval.contains(1.0)) }
        })
    }

    /// Returns whether chance alone makes as many pairs differ in at most 1 % of runs, if each pair
    /// differs with probability 5 %: the upper tail of the binomial distribution.
    pub fn is_alarming(self) -> bool {
        self.different > 0 && self.tail() <= ALARM_MAX
    }

    /// Returns the probability of at least `different` of `pairs`.
    fn tail(self) -> f64 {
        let odds = MISS_MAX / (1.0 - MISS_MAX);
        let mut probability = (1.0 - MISS_MAX).powf(self.pairs as f64);
        let mut below = 0.0;
        for count in 0..self.different {
            below += probability;
            probability *= odds * self.pairs.saturating_sub(count) as f64 / (count + 1) as f64;
        }
        1.0 - below
    }
}

#[cfg(test)]
mod tests {
    use super::AaCheck;
    use crate::stats::{Interval, Ratio, recorded_noise::RecordedNoise};

    fn check(different: usize, pairs: usize) -> AaCheck {
        AaCheck { pairs, different }
    }

    /// Printed binomial tables for 5 %: of 20 pairs 4 or more differ in 1.6 % of runs and 5 or more
    /// in 0.26 %.
    #[test]
    fn the_alarm_follows_the_binomial_distribution() {
        assert!((check(4, 20).tail() - 0.015_9).abs() < 1e-4);
        assert!(!check(4, 20).is_alarming() && check(5, 20).is_alarming());
        assert!(!check(0, 0).is_alarming() && !check(1, 1).is_alarming());
        assert!(check(2, 2).is_alarming());
    }

    /// A pair without an interval says nothing, and an end of exactly one is no difference.
    #[test]
    fn only_intervals_that_exclude_one_count() {
        let ratio = |interval: Option<(f64, f64)>| {
            let interval = interval.map(|(low, high)| Interval { low, high });
            Ratio { median: 1.0, interval, blocks: 8 }
        };
        let ratios =
            [Some((0.9, 1.1)), Some((1.0, 1.2)), Some((1.01, 1.2)), Some((0.5, 0.9)), None];
        assert_eq!(AaCheck::new(ratios.map(ratio)), check(2, 4));
    }

    /// The rule on the reference run: chance makes one pair of 29 differ.
    #[test]
    fn identical_code_in_the_reference_run_differs_no_more_than_by_chance() {
        let check = AaCheck::new(RecordedNoise::load().aa_ratios());
        assert!(check.pairs >= 25, "{check:?}");
        assert!(!check.is_alarming(), "{check:?}");
    }
}
