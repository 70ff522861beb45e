//! Decides whether a ratio is a difference.
//!
//! A difference must pass two tests. The interval must exclude one: otherwise chance may have
//! reversed the order of the contenders. The median must exceed the A/A noise, which is how far one
//! strategy differs from itself when it runs twice in a block under two names
//! ([A/A test](https://doi.org/10.1145/1281192.1281295)): otherwise the machine cannot resolve the
//! difference. The test uses the median and not the far end of the interval, because otherwise the
//! noisier of two comparisons would be called a difference first.

use super::{Blocks, Interval, quantile};

/// The share of the blocks of an A/A pair that the noise covers.
const NOISE_QUANTILE: f64 = 0.95;

/// A/A noise: the smallest difference that a scenario can resolve, as a ratio of at least
/// [`NoiseFloor::MIN`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseFloor(f64);

impl NoiseFloor {
    /// Two per cent: smaller differences are ties, however quiet the A/A pair is.
    pub const MIN: Self = Self(1.02);

    /// Returns the 95th percentile of `|ln ratio|` of one strategy against itself over the blocks,
    /// and at least [`NoiseFloor::MIN`]. `None` if the pair shares no block: the noise is then
    /// unknown.
    pub fn from_aa_pairs(one: &Blocks, other: &Blocks) -> Option<Self> {
        let mut distances = one.ln_ratios(other);
        for ln_ratio in &mut distances {
            *ln_ratio = ln_ratio.abs();
        }
        Some(Self(quantile(&distances, NOISE_QUANTILE)?.exp().max(Self::MIN.0)))
    }

    /// Returns the larger of two noises, for a comparison across two scenarios or runs.
    pub fn wider(one: Self, other: Self) -> Self {
        Self(one.0.max(other.0))
    }

    /// Returns the noise as a ratio: 1.02 means that ratios from 1/1.02 to 1.02 are ties.
    pub fn ratio(self) -> f64 {
        self.0
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Better: the interval excludes one, and the median exceeds the A/A noise.
    Faster,
    /// The interval contains one, or the median lies within the A/A noise.
    Tie,
    /// Worse: the interval excludes one, and the median exceeds the A/A noise.
    Slower,
    /// Insufficient samples for an interval: neither a difference nor a tie is shown.
    Unknown,
}

impl Verdict {
    pub(super) fn new(
        median: f64,
        interval: Option<Interval>,
        noise: NoiseFloor,
        better: Better,
    ) -> Self {
        let Some(interval) = interval else { return Self::Unknown };
        let within_noise = noise.0.recip() <= median && median <= noise.0;
        if interval.contains(1.0) || within_noise {
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
    use super::{Better, NoiseFloor, Verdict};
    use crate::stats::{Blocks, Interval, Ratio, simulation::Simulation};

    /// A harness that finds differences in identical code ranks noise. The simulated machine has
    /// 5 % of noise. The A/A noise is the minimum here, so the interval alone must give the tie.
    #[test]
    fn identical_code_is_a_tie() {
        const RUNS: usize = 500;
        let mut simulation = Simulation::with_seed(21);
        let mut ties = 0;
        for _ in 0..RUNS {
            let pair = [simulation.contender(100.0, 20), simulation.contender(100.0, 20)];
            let ratio = Ratio::of(&pair[0], &pair[1]).unwrap();
            ties += usize::from(ratio.verdict(NoiseFloor::MIN, Better::Higher) == Verdict::Tie);
        }
        println!("ties: {ties} of {RUNS}");
        assert!(ties >= RUNS * 9 / 10, "{ties} ties in {RUNS}");
    }

    /// A harness that calls everything a tie would pass the test above. A factor of 1.5 is found
    /// every time, although the A/A pair is as noisy as the contenders.
    #[test]
    fn a_factor_of_one_and_a_half_is_a_difference() {
        let mut simulation = Simulation::with_seed(22);
        for _ in 0..200 {
            let pair = [simulation.contender(100.0, 20), simulation.contender(100.0, 20)];
            let noise = NoiseFloor::from_aa_pairs(&pair[0], &pair[1]).unwrap();
            let fast = simulation.contender(150.0, 20);
            let slow = simulation.contender(100.0, 20);
            let ratio = Ratio::of(&fast, &slow).unwrap();
            assert_eq!(ratio.verdict(noise, Better::Higher), Verdict::Faster);
            assert_eq!(ratio.verdict(noise, Better::Lower), Verdict::Slower);
        }
    }

    /// Each limit by hand, on both sides of one and for both directions.
    #[test]
    fn a_difference_exceeds_chance_and_aa_noise() {
        let noise = NoiseFloor(1.05);
        let verdict = |low, median, high, better| {
            let ratio = Ratio { median, interval: Some(Interval { low, high }), blocks: 20 };
            ratio.verdict(noise, better)
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

    /// Two contenders are 4 % ahead, and the A/A noise is 5 %. The interval of the noisy contender
    /// ends above the noise and that of the precise one does not. Noise must not make a difference.
    #[test]
    fn a_noisy_comparison_is_not_called_a_difference_before_a_precise_one() {
        let verdict = |low, high| {
            let interval = Some(Interval { low, high });
            Ratio { median: 1.04, interval, blocks: 20 }.verdict(NoiseFloor(1.05), Better::Higher)
        };
        assert_eq!(verdict(1.03, 1.045), Verdict::Tie);
        assert_eq!(verdict(1.01, 1.20), Verdict::Tie);
    }

    /// Five blocks that all agree are not evidence: chance does the same in one run of sixteen.
    #[test]
    fn a_comparison_with_few_blocks_is_unknown_and_not_a_tie() {
        let fast = Blocks::of([300.0; 5].map(Some)).unwrap();
        let slow = Blocks::of([100.0; 5].map(Some)).unwrap();
        let ratio = Ratio::of(&fast, &slow).unwrap();
        assert_eq!(ratio.verdict(NoiseFloor::MIN, Better::Higher), Verdict::Unknown);
    }

    /// A quiet A/A pair would claim a resolution that no machine has. For a noisy pair the order of
    /// its two members must not matter.
    #[test]
    fn aa_noise_is_the_difference_of_a_pair_and_at_least_two_per_cent() {
        let steady = Blocks::of([100.0; 21].map(Some)).unwrap();
        assert_eq!(NoiseFloor::from_aa_pairs(&steady, &steady), Some(NoiseFloor::MIN));
        assert_eq!(NoiseFloor::from_aa_pairs(&steady, &Blocks::default()), None);

        // Of 21 blocks the two that differ most are 1.25 x apart, so the 95th percentile is 1.25.
        let slow_start = |block| if block < 2 { Some(80.0) } else { Some(100.0) };
        let noisy = Blocks::of((0..21).map(slow_start)).unwrap();
        for noise in
            [NoiseFloor::from_aa_pairs(&noisy, &steady), NoiseFloor::from_aa_pairs(&steady, &noisy)]
        {
            assert!((noise.unwrap().ratio() - 1.25).abs() < 1e-12);
        }
    }
}
