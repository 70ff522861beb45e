//! One subject against another, block by block.
//!
//! In each block `ln(a / b)`; over the blocks their median and its interval, brought back with
//! `exp`. In logarithms twice and half are equally far from one, so `a / b` and `b / a` tell the
//! same story.

use std::fmt;

use super::{Better, Blocks, Floor, Interval, Verdict, median};

/// Digits after the point stop here, however small a ratio is.
const DECIMALS_MAX: usize = 12;

/// How many times as much one subject measured as another, shown as `1.83 x [1.71, 1.96]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median over the blocks.
    pub median: f64,
    /// Its 95 % interval; `None` with fewer than [`BLOCKS_MIN`](super::BLOCKS_MIN) blocks.
    pub interval: Option<Interval>,
    /// How many blocks both subjects have.
    pub blocks: usize,
}

impl Ratio {
    /// Compares `subject` with `baseline`, or returns `None` if they share no block.
    ///
    /// Ends beyond an `f64` become zero or infinity; nothing becomes NaN.
    pub fn of(subject: &Blocks, baseline: &Blocks) -> Option<Self> {
        let ln_ratios = subject.ln_ratios(baseline);
        Some(Self {
            median: median(&ln_ratios)?.exp(),
            interval: Interval::of_median(&ln_ratios).map(|interval| interval.map(f64::exp)),
            blocks: ln_ratios.len(),
        })
    }

    /// Tells which of the two is faster, as far as the blocks and the floor of the machine allow.
    pub fn verdict(&self, floor: Floor, better: Better) -> Verdict {
        Verdict::of(self.median, self.interval, floor, better)
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
            None => write!(f, "{median:.decimals$} x [too few blocks: {blocks}]"),
        }
    }
}

/// Two, none where all numbers have three digits without, or as many as leave the smallest two
/// digits that are not leading zeros.
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

    /// By hand: the binary logarithms are 0, 1, 1, 1, 2, 3, of which six blocks cut 5/14 of the
    /// first step from each end.
    #[test]
    fn six_blocks_are_compared_by_hand() {
        let subject = Blocks::of([8.0, 2.0, 4.0, 4.0, 16.0, 4.0].map(Some)).unwrap();
        let baseline = Blocks::of([2.0; 6].map(Some)).unwrap();
        let ratio = Ratio::of(&subject, &baseline).unwrap();
        assert_eq!(ratio.blocks, 6);
        assert_eq!(ratio.to_string(), "2.00 x [1.28, 6.25]");
    }

    /// The reason for blocks: the machine slows to a third over the run, and the ratio never knows.
    #[test]
    fn drift_that_both_sides_of_a_block_share_cancels() {
        let mut simulation = Simulation::with_seed(11);
        let subject = simulation.subject(150.0, 20).measured();
        let baseline = simulation.subject(100.0, 20).measured();
        let drifting = |values: &[f64]| {
            let drift = (0..20).map(|block| 1.0 - f64::from(block) / 30.0);
            Blocks::of(values.iter().zip(drift).map(|(value, drift)| Some(value * drift))).unwrap()
        };
        let steady = |values: &[f64]| Blocks::of(values.iter().copied().map(Some)).unwrap();

        let still = Ratio::of(&steady(&subject), &steady(&baseline)).unwrap();
        let drifted = Ratio::of(&drifting(&subject), &drifting(&baseline)).unwrap();
        assert!((still.median - drifted.median).abs() < 1e-12);
        assert!((still.interval.unwrap().high - drifted.interval.unwrap().high).abs() < 1e-12);
    }

    /// Which side is the baseline is a choice of the table; it must not change the finding.
    #[test]
    fn the_ratio_turned_round_is_its_inverse() {
        let mut simulation = Simulation::with_seed(12);
        let (a, b) = (simulation.subject(130.0, 20), simulation.subject(100.0, 20));
        let (there, back) = (Ratio::of(&a, &b).unwrap(), Ratio::of(&b, &a).unwrap());
        assert!((there.median * back.median - 1.0).abs() < 1e-12);
        assert!((there.interval.unwrap().low * back.interval.unwrap().high - 1.0).abs() < 1e-12);
    }

    /// A page rendered twice from the same rows must be the same page, to the last bit.
    #[test]
    fn equal_input_gives_equal_output() {
        let ratio = || {
            let mut simulation = Simulation::with_seed(13);
            Ratio::of(&simulation.subject(1.0, 20), &simulation.subject(1.0, 20))
        };
        assert_eq!(ratio(), ratio());
    }

    /// The text is what is cited: the common form, a ratio too small for two digits, and no
    /// interval.
    #[test]
    fn a_ratio_is_shown_with_its_interval() {
        let shown = |median, interval: Option<(f64, f64)>| {
            let interval = interval.map(|(low, high)| Interval { low, high });
            Ratio { median, interval, blocks: 4 }.to_string()
        };
        assert_eq!(shown(1.831, Some((1.709, 1.962))), "1.83 x [1.71, 1.96]");
        assert_eq!(shown(312.4, Some((298.7, 330.2))), "312 x [299, 330]");
        assert_eq!(shown(0.0042, Some((0.0041, 0.0044))), "0.0042 x [0.0041, 0.0044]");
        assert_eq!(shown(1.831, None), "1.83 x [too few blocks: 4]");
        assert_eq!(shown(0.0, None), "0.000000000000 x [too few blocks: 4]");
    }

    /// Positive values can be so far apart that their quotient is not an f64. That is infinity, not
    /// a panic, and not NaN.
    #[test]
    fn extremes_and_strangers_do_not_panic() {
        let largest = Blocks::of([f64::MAX; 6].map(Some)).unwrap();
        let smallest = Blocks::of([f64::MIN_POSITIVE; 6].map(Some)).unwrap();
        assert_eq!(Ratio::of(&largest, &smallest).unwrap().median, f64::INFINITY);
        assert_eq!(Ratio::of(&largest, &Blocks::default()), None);
    }
}
