//! The ratio of two contenders, block by block.
//!
//! Each block gives `ln(a / b)`. The ratio is `exp` of the median over the blocks, and its interval
//! is `exp` of the interval of that median. In logarithms twice and half are equally far from one,
//! so `b / a` is exactly the inverse of `a / b`.

use std::fmt;

use super::{Better, Blocks, Interval, MISS_MAX, Margin, Verdict, median};

/// The most digits after the decimal point, however small a ratio is.
const DECIMALS_MAX: usize = 12;

/// How many times as much one contender measured as another, shown as `1.83 x [1.71, 1.96]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median over the blocks.
    pub median: f64,
    /// Its 95 % interval; `None` with fewer than [`BLOCKS_MIN`](super::BLOCKS_MIN) blocks.
    pub interval: Option<Interval>,
    /// The number of blocks that both contenders have.
    pub blocks: usize,
}

impl Ratio {
    /// Compares `contender` with `baseline`, or returns `None` if they share no block.
    ///
    /// An end beyond the range of `f64` becomes zero or infinity, and never NaN.
    pub fn of(contender: &Blocks, baseline: &Blocks) -> Option<Self> {
        Self::missing(contender, baseline, MISS_MAX)
    }

    /// Compares with an interval that misses with probability `miss` instead of 5 %.
    pub fn missing(contender: &Blocks, baseline: &Blocks, miss: f64) -> Option<Self> {
        let ln_ratios = contender.ln_ratios(baseline);
        let interval = Interval::of_median_missing(&ln_ratios, miss);
        Some(Self {
            median: median(&ln_ratios)?.exp(),
            interval: interval.map(|interval| interval.map(f64::exp)),
            blocks: ln_ratios.len(),
        })
    }

    /// Returns which of the two is faster, as far as the interval and [`Margin::DIFFERENCE`] allow.
    pub fn verdict(&self, better: Better) -> Verdict {
        Verdict::new(self.median, self.interval, Margin::DIFFERENCE, better)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, blocks, .. } = self;
        let decimals = decimals(self.interval.map_or(*median, |interval| interval.low));
        match self.interval {
            Some(Interval { low, high }) => {
                write!(f, "{median:.decimals$} x [{low:.decimals$}, {high:.decimals$}]")
            }
            None => write!(f, "{median:.decimals$} x [insufficient samples: {blocks} blocks]"),
        }
    }
}

/// Returns the digits after the decimal point of a ratio: two, none from 100 on, and below 0.1 as
/// many as leave the smallest number two significant digits.
pub(super) fn decimals(smallest: f64) -> usize {
    if smallest >= 100.0 {
        return 0;
    }
    let mut decimals = 2;
    let mut shown = smallest * 100.0;
    while shown < 10.0 && decimals < DECIMALS_MAX {
        shown *= 10.0;
        decimals += 1;
    }
    decimals
}

#[cfg(test)]
mod tests {
    use super::Ratio;
    use crate::stats::{Blocks, Interval, simulation::Simulation};

    /// By hand: the binary logarithms are 0, 1, 1, 1, 2, 3, and the interval of six blocks cuts
    /// 5/14 of the first step from each end.
    #[test]
    fn a_ratio_of_six_blocks_matches_a_computation_by_hand() {
        let contender = Blocks::of([8.0, 2.0, 4.0, 4.0, 16.0, 4.0].map(Some)).unwrap();
        let baseline = Blocks::of([2.0; 6].map(Some)).unwrap();
        let ratio = Ratio::of(&contender, &baseline).unwrap();
        assert_eq!(ratio.blocks, 6);
        assert_eq!(ratio.to_string(), "2.00 x [1.28, 6.25]");
    }

    /// The machine slows to a third of its speed over the run, and the ratio does not change.
    #[test]
    fn drift_that_both_sides_of_a_block_share_cancels() {
        let mut simulation = Simulation::with_seed(11);
        let contender = simulation.contender(150.0, 20).measured();
        let baseline = simulation.contender(100.0, 20).measured();
        let drifting = |values: &[f64]| {
            let drift = (0..20).map(|block| 1.0 - f64::from(block) / 30.0);
            Blocks::of(values.iter().zip(drift).map(|(value, drift)| Some(value * drift))).unwrap()
        };
        let steady = |values: &[f64]| Blocks::of(values.iter().copied().map(Some)).unwrap();

        let without_drift = Ratio::of(&steady(&contender), &steady(&baseline)).unwrap();
        let drifted = Ratio::of(&drifting(&contender), &drifting(&baseline)).unwrap();
        assert!((without_drift.median - drifted.median).abs() < 1e-12);
        let highs = [without_drift, drifted].map(|ratio| ratio.interval.unwrap().high);
        assert!((highs[0] - highs[1]).abs() < 1e-12);
    }

    /// The choice of the baseline must not change the result.
    #[test]
    fn swapping_the_baseline_inverts_the_ratio() {
        let mut simulation = Simulation::with_seed(12);
        let (a, b) = (simulation.contender(130.0, 20), simulation.contender(100.0, 20));
        let (ratio, inverse) = (Ratio::of(&a, &b).unwrap(), Ratio::of(&b, &a).unwrap());
        assert!((ratio.median * inverse.median - 1.0).abs() < 1e-12);
        let (low, high) = (ratio.interval.unwrap().low, inverse.interval.unwrap().high);
        assert!((low * high - 1.0).abs() < 1e-12);
    }

    /// Two pages from the same rows must be identical.
    #[test]
    fn equal_input_gives_equal_output() {
        let ratio = || {
            let mut simulation = Simulation::with_seed(13);
            Ratio::of(&simulation.contender(1.0, 20), &simulation.contender(1.0, 20))
        };
        assert_eq!(ratio(), ratio());
    }

    /// The common form, a ratio too small for two digits, and a ratio without an interval.
    #[test]
    fn a_ratio_is_shown_with_its_interval() {
        let shown = |median, interval: Option<(f64, f64)>| {
            let interval = interval.map(|(low, high)| Interval { low, high });
            Ratio { median, interval, blocks: 4 }.to_string()
        };
        assert_eq!(shown(1.831, Some((1.709, 1.962))), "1.83 x [1.71, 1.96]");
        assert_eq!(shown(312.4, Some((298.7, 330.2))), "312 x [299, 330]");
        assert_eq!(shown(0.0042, Some((0.0041, 0.0044))), "0.0042 x [0.0041, 0.0044]");
        assert_eq!(shown(1.831, None), "1.83 x [insufficient samples: 4 blocks]");
        assert_eq!(shown(0.0, None), "0.000000000000 x [insufficient samples: 4 blocks]");
    }

    /// The quotient of two finite values can exceed the range of `f64`. It is then infinity, not a
    /// panic and not NaN.
    #[test]
    fn an_overflowing_ratio_is_infinite_and_no_shared_block_gives_none() {
        let largest = Blocks::of([f64::MAX; 6].map(Some)).unwrap();
        let smallest = Blocks::of([f64::MIN_POSITIVE; 6].map(Some)).unwrap();
        assert_eq!(Ratio::of(&largest, &smallest).unwrap().median, f64::INFINITY);
        assert_eq!(Ratio::of(&largest, &Blocks::default()), None);
    }
}
