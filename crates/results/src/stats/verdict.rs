//! Decides whether a ratio is a difference, no difference, or neither.
//!
//! An interval that excludes one shows a difference in the order of two contenders. If its median is
//! also farther from one than a [`Margin`], the difference is large enough to be reported. An
//! interval that lies within the margin shows that the two are equal within it
//! ([two one-sided tests](https://doi.org/10.1007/BF01068419), Schuirmann 1987). All other intervals
//! show neither, and the far end of the interval bounds the difference that may be hidden.
//!
//! The noise of identical code takes no part: it is in the interval already. A threshold from single
//! blocks would be compared with a median of many, so it would hide differences that more blocks
//! resolve.

use std::fmt;

use super::Interval;

/// The largest difference that counts as none, as a ratio of at least one.
///
/// It is an assumption about what a reader acts on, and not a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin(f64);

impl Margin {
    /// Three per cent, for blocks that share what a process adds: the place of code and memory.
    pub const DIFFERENCE: Self = Self(1.03);
    /// Five per cent, for two runs of one process each, whose places differ.
    pub const SINGLE_FORK: Self = Self(1.05);

    /// Returns the margin as a ratio: 1.03 means that ratios from 1/1.03 to 1.03 are equal.
    pub fn ratio(self) -> f64 {
        self.0
    }

    fn contains(self, ratio: f64) -> bool {
        self.0.recip() <= ratio && ratio <= self.0
    }
}

impl fmt::Display for Margin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} %", (self.0 - 1.0) * 100.0)
    }
}

/// Which values of the measured quantity are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A rate: commands a second.
    Higher,
    /// A cost: nanoseconds, bytes.
    Lower,
}

/// The result of comparing one contender with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Better: the interval excludes one, and the median lies beyond the margin.
    Faster,
    /// Worse: the interval excludes one, and the median lies beyond the margin.
    Slower,
    /// The interval lies within this margin.
    Equal(Margin),
    /// The interval shows neither a difference nor its absence.
    NotToldApart {
        /// The largest difference within the interval, as a ratio of at least one.
        at_most: f64,
    },
    /// Insufficient samples for an interval.
    Unknown,
}

impl Verdict {
    /// Judges a ratio by its median and its interval.
    pub fn new(median: f64, interval: Option<Interval>, margin: Margin, better: Better) -> Self {
        let Some(Interval { low, high }) = interval else { return Self::Unknown };
        if margin.contains(low) && margin.contains(high) {
            return Self::Equal(margin);
        }
        if (low <= 1.0 && 1.0 <= high) || margin.contains(median) {
            return Self::NotToldApart { at_most: high.max(low.recip()) };
        }
        match (better, median > 1.0) {
            (Better::Higher, true) | (Better::Lower, false) => Self::Faster,
            (Better::Higher, false) | (Better::Lower, true) => Self::Slower,
        }
    }

    /// Returns whether a difference was shown, in either direction.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Faster | Self::Slower)
    }
}

/// The words of tables and pages.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faster => f.write_str("faster"),
            Self::Slower => f.write_str("slower"),
            Self::Equal(margin) => write!(f, "equal within {margin}"),
            Self::NotToldApart { at_most } => write!(f, "not told apart: at most {at_most:.2} x"),
            Self::Unknown => f.write_str("insufficient samples"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Better, Margin, Verdict};
    use crate::stats::{Blocks, Interval, Ratio, simulation::Simulation};

    fn verdict(low: f64, median: f64, high: f64, better: Better) -> Verdict {
        Verdict::new(median, Some(Interval { low, high }), Margin::DIFFERENCE, better)
    }

    /// A harness that finds differences in identical code ranks noise. The simulated machine has
    /// 5 % of noise.
    #[test]
    fn identical_code_is_seldom_different() {
        const RUNS: usize = 500;
        let mut simulation = Simulation::with_seed(21);
        let mut different = 0;
        for _ in 0..RUNS {
            let pair = [simulation.contender(100.0, 20), simulation.contender(100.0, 20)];
            let ratio = Ratio::of(&pair[0], &pair[1]).unwrap();
            different += usize::from(ratio.verdict(Better::Higher).is_difference());
        }
        assert!(different <= RUNS * 5 / 100, "{different} of {RUNS}");
    }

    /// A harness that never finds a difference would pass the test above.
    #[test]
    fn a_factor_of_one_and_a_half_is_a_difference() {
        let mut simulation = Simulation::with_seed(22);
        for _ in 0..200 {
            let fast = simulation.contender(150.0, 20);
            let slow = simulation.contender(100.0, 20);
            let ratio = Ratio::of(&fast, &slow).unwrap();
            assert_eq!(ratio.verdict(Better::Higher), Verdict::Faster);
            assert_eq!(ratio.verdict(Better::Lower), Verdict::Slower);
        }
    }

    /// Each limit by hand, on both sides of one and for both directions.
    #[test]
    fn a_difference_excludes_chance_and_exceeds_the_margin() {
        let not_told_apart = |at_most: f64| Verdict::NotToldApart { at_most };
        assert_eq!(verdict(0.90, 1.10, 1.20, Better::Higher), not_told_apart(1.20));
        assert_eq!(verdict(1.00, 1.10, 1.20, Better::Higher), not_told_apart(1.20));
        assert_eq!(verdict(0.80, 0.98, 0.99, Better::Higher), not_told_apart(1.25));
        assert_eq!(verdict(1.01, 1.03, 1.06, Better::Higher), not_told_apart(1.06));
        assert_eq!(verdict(1.01, 1.04, 1.09, Better::Higher), Verdict::Faster);
        assert_eq!(verdict(0.90, 0.95, 0.99, Better::Higher), Verdict::Slower);
        assert_eq!(verdict(1.01, 1.04, 1.09, Better::Lower), Verdict::Slower);
        assert_eq!(verdict(0.90, 0.95, 0.99, Better::Lower), Verdict::Faster);
    }

    /// Two contenders whose order is not shown are not equal: the interval must show it.
    #[test]
    fn equal_and_not_told_apart_are_two_results() {
        let equal = Verdict::Equal(Margin::DIFFERENCE);
        assert_eq!(verdict(0.98, 1.00, 1.02, Better::Higher), equal);
        assert_eq!(verdict(1.001, 1.01, 1.02, Better::Higher), equal, "shown, and too small");
        assert_ne!(verdict(0.96, 1.00, 1.04, Better::Higher), equal);
        assert_eq!(equal.to_string(), "equal within 3 %");
        let shown = verdict(0.90, 1.00, 1.12, Better::Higher).to_string();
        assert_eq!(shown, "not told apart: at most 1.12 x");
        assert_eq!(Verdict::Equal(Margin::SINGLE_FORK).to_string(), "equal within 5 %");
    }

    /// Five blocks that all agree are not evidence: chance does the same in one run of sixteen.
    #[test]
    fn a_comparison_with_few_blocks_is_unknown() {
        let fast = Blocks::of([300.0; 5].map(Some)).unwrap();
        let slow = Blocks::of([100.0; 5].map(Some)).unwrap();
        let ratio = Ratio::of(&fast, &slow).unwrap();
        assert_eq!(ratio.verdict(Better::Higher), Verdict::Unknown);
    }
}
