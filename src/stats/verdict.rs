//! When a ratio counts as a difference.
//!
//! Two doubts have to be answered. The interval asks whether these blocks could have come out the
//! other way round by chance. The floor asks whether the machine can tell such a difference at all:
//! it is how far one strategy comes out from itself when it runs twice in a block under two names.
//! The median has to pass it and not the interval's far end, or else the noisier of two comparisons
//! would be the one that is called a difference.

use super::{Blocks, Interval, quantile};

/// The share of the twins' blocks that the floor covers.
const FLOOR_QUANTILE: f64 = 0.95;

/// The smallest difference that a cell can resolve, as a ratio of at least [`Floor::MIN`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor(f64);

impl Floor {
    /// Two per cent: the least that is taken for a difference, however quiet the twins.
    pub const MIN: Self = Self(1.02);

    /// Takes the 95th percentile of `|ln ratio|` of identical code over the blocks, and at least
    /// [`Floor::MIN`]; `None` if the twins share no block, and then nothing is known of the noise.
    pub fn of_twins(one: &Blocks, other: &Blocks) -> Option<Self> {
        let mut apart = one.ln_ratios(other);
        for ln_ratio in &mut apart {
            *ln_ratio = ln_ratio.abs();
        }
        Some(Self(quantile(&apart, FLOOR_QUANTILE)?.exp().max(Self::MIN.0)))
    }

    /// The one of two floors that resolves less, for what is compared across both.
    pub fn wider(one: Self, other: Self) -> Self {
        Self(one.0.max(other.0))
    }

    /// Returns the floor as a ratio: 1.02 means that 0.98 to 1.02 is all one to this machine.
    pub fn ratio(self) -> f64 {
        self.0
    }
}

/// Which way the measured quantity is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// A rate: commands a second.
    Higher,
    /// A cost: nanoseconds, bytes.
    Lower,
}

/// What may be said of one subject against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Better: the interval is clear of one, and the median is beyond the floor.
    Faster,
    /// The interval reaches one, or the median lies inside the floor.
    Tie,
    /// Worse: the interval is clear of one, and the median is beyond the floor.
    Slower,
    /// Too few blocks for an interval: neither a difference nor a tie was shown.
    Unknown,
}

impl Verdict {
    pub(super) fn of(
        median: f64,
        interval: Option<Interval>,
        floor: Floor,
        better: Better,
    ) -> Self {
        let Some(interval) = interval else { return Self::Unknown };
        let inside_floor = floor.0.recip() <= median && median <= floor.0;
        if interval.contains(1.0) || inside_floor {
            return Self::Tie;
        }
        match (better, median > 1.0) {
            (Better::Higher, true) | (Better::Lower, false) => Self::Faster,
            (Better::Higher, false) | (Better::Lower, true) => Self::Slower,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Better, Floor, Verdict};
    use crate::stats::{Blocks, Interval, Ratio, simulation::Simulation};

    /// A harness that finds differences in identical code ranks noise. The simulated machine has
    /// 5 % of it; the floor is the least one, so the interval alone has to hold.
    #[test]
    fn identical_code_is_a_tie() {
        const RUNS: usize = 500;
        let mut simulation = Simulation::with_seed(21);
        let mut ties = 0;
        for _ in 0..RUNS {
            let twins = (simulation.subject(100.0, 20), simulation.subject(100.0, 20));
            let ratio = Ratio::of(&twins.0, &twins.1).unwrap();
            ties += usize::from(ratio.verdict(Floor::MIN, Better::Higher) == Verdict::Tie);
        }
        println!("ties: {ties} of {RUNS}");
        assert!(ties >= RUNS * 9 / 10, "{ties} ties in {RUNS}");
    }

    /// Calling everything a tie would pass the test above. One and a half times is found every
    /// time, past the floor of twins that are as noisy as the rest.
    #[test]
    fn half_as_much_again_is_found() {
        let mut simulation = Simulation::with_seed(22);
        for _ in 0..200 {
            let twins = (simulation.subject(100.0, 20), simulation.subject(100.0, 20));
            let floor = Floor::of_twins(&twins.0, &twins.1).unwrap();
            let (quick, slow) = (simulation.subject(150.0, 20), simulation.subject(100.0, 20));
            let ratio = Ratio::of(&quick, &slow).unwrap();
            assert_eq!(ratio.verdict(floor, Better::Higher), Verdict::Faster);
            assert_eq!(ratio.verdict(floor, Better::Lower), Verdict::Slower);
        }
    }

    /// Each border by hand, on both sides of one and for both directions.
    #[test]
    fn a_difference_is_beyond_chance_and_beyond_the_floor() {
        let floor = Floor(1.05);
        let verdict = |low, median, high, better| {
            let ratio = Ratio { median, interval: Some(Interval { low, high }), blocks: 20 };
            ratio.verdict(floor, better)
        };
        assert_eq!(verdict(0.90, 1.10, 1.20, Better::Higher), Verdict::Tie);
        assert_eq!(verdict(1.00, 1.10, 1.20, Better::Higher), Verdict::Tie);
        assert_eq!(verdict(1.01, 1.05, 1.06, Better::Higher), Verdict::Tie);
        assert_eq!(verdict(0.90, 0.96, 0.99, Better::Higher), Verdict::Tie);
        assert_eq!(verdict(1.01, 1.06, 1.09, Better::Higher), Verdict::Faster);
        assert_eq!(verdict(0.90, 0.95, 0.99, Better::Higher), Verdict::Slower);
        assert_eq!(verdict(1.01, 1.06, 1.09, Better::Lower), Verdict::Slower);
        assert_eq!(verdict(0.90, 0.95, 0.99, Better::Lower), Verdict::Faster);
    }

    /// Two subjects are 4 % ahead, where the machine resolves 5 %. The noisy one's interval reaches
    /// past the floor and the precise one's does not; noise must not be what makes a difference.
    #[test]
    fn a_noisy_comparison_is_no_more_a_difference_than_a_precise_one() {
        let verdict = |low, high| {
            let interval = Some(Interval { low, high });
            Ratio { median: 1.04, interval, blocks: 20 }.verdict(Floor(1.05), Better::Higher)
        };
        assert_eq!(verdict(1.03, 1.045), Verdict::Tie);
        assert_eq!(verdict(1.01, 1.20), Verdict::Tie);
    }

    /// Five blocks that all agree look convincing and cannot be: chance does it in one run of
    /// sixteen.
    #[test]
    fn too_few_blocks_are_unknown_and_not_a_tie() {
        let quick = Blocks::of([300.0; 5].map(Some)).unwrap();
        let slow = Blocks::of([100.0; 5].map(Some)).unwrap();
        let ratio = Ratio::of(&quick, &slow).unwrap();
        assert_eq!(ratio.verdict(Floor::MIN, Better::Higher), Verdict::Unknown);
    }

    /// Quiet twins would promise a resolution that no machine has; loud ones must be believed, and
    /// a twin that is behind is as loud as one that is ahead.
    #[test]
    fn the_floor_is_what_twins_differ_by_and_at_least_two_per_cent() {
        let even = Blocks::of([100.0; 21].map(Some)).unwrap();
        assert_eq!(Floor::of_twins(&even, &even), Some(Floor::MIN));
        assert_eq!(Floor::of_twins(&even, &Blocks::default()), None);

        // Of 21 blocks the two that differ most are 1.25 x apart, so the 95th percentile is 1.25.
        let uneven = |block| if block < 2 { Some(80.0) } else { Some(100.0) };
        let behind = Blocks::of((0..21).map(uneven)).unwrap();
        let floors = [Floor::of_twins(&behind, &even), Floor::of_twins(&even, &behind)];
        for floor in floors {
            assert!((floor.unwrap().ratio() - 1.25).abs() < 1e-12);
        }
    }
}
