//! The ratio of two runs, which share no blocks that could be paired.
//!
//! Every value of one run is compared with every value of the other. The median of all these
//! `ln(a / b)` is the estimator of [Hodges and Lehmann][paper] (1963). Order statistics of the
//! pairs give an interval that holds for any noise (Moses; see Hollander and Wolfe, *Nonparametric
//! Statistical Methods*, 4.3). It ends at the `k`th pair from either side. `k` is the largest
//! number for which chance makes the
//! [Mann-Whitney statistic](https://doi.org/10.1214/aoms/1177730491) smaller than `k` in at most
//! 2.5 % of cases. The distribution of the statistic is computed exactly up to 2,500 pairs, and by
//! the normal approximation beyond.
//!
//! `k` is a whole number, so the interval covers 95 % or a little more: 97.1 % with four blocks
//! against four, where it is the range of all pairs, 95.9 % with six and six, 95.1 % with twenty
//! and twenty. Fewer than four and four blocks have no interval.
//!
//! The intervals are wider than those of a [`Ratio`](super::Ratio) from the same blocks, because
//! drift does not cancel. Other differences between the runs, such as the state of the machine on
//! that day, are in the shift and not in the interval.
//!
//! [paper]: https://doi.org/10.1214/aoms/1177704172

use std::fmt;

use super::{
    Better, Blocks, Interval, MISS_MAX, Margin, Verdict, median, normal_quantile, quantile::sorted,
    ratio::decimals,
};

/// The most pairs with an exact distribution: 50 blocks against 50, which takes milliseconds.
const EXACT_PAIRS_MAX: usize = 2_500;

/// How many times as much one run measured as another, shown as `1.83 x [1.71, 1.96]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HodgesLehmannShift {
    /// The estimate of Hodges and Lehmann.
    pub ratio: f64,
    /// Its 95 % interval; `None` with too few blocks.
    pub interval: Option<Interval>,
    /// The number of blocks of the contender, and of the baseline.
    pub blocks: (usize, usize),
}

impl HodgesLehmannShift {
    /// Compares all measured blocks of `contender` with all of `baseline`; `None` if one of them
    /// has no measured block.
    pub fn of(contender: &Blocks, baseline: &Blocks) -> Option<Self> {
        let logs =
            |blocks: &Blocks| -> Vec<f64> { blocks.measured().into_iter().map(f64::ln).collect() };
        Self::of_logs(&logs(contender), &logs(baseline), MISS_MAX)
    }

    /// Compares two samples of logarithms with an interval that misses with probability `miss`, or
    /// with the smallest probability that the range of all pairs has if that is larger.
    ///
    /// `None` if a sample is empty, or if a value is infinite or not a number.
    pub fn of_logs(ours: &[f64], theirs: &[f64], miss: f64) -> Option<Self> {
        let ratios = |our: &f64| theirs.iter().map(move |their| our - their).collect::<Vec<_>>();
        let pairs = sorted(&ours.iter().flat_map(ratios).collect::<Vec<_>>())?;
        let interval = cut(ours.len(), theirs.len(), miss / 2.0).map(|cut| Interval {
            low: pairs[cut - 1].exp(),
            high: pairs[pairs.len() - cut].exp(),
        });
        let blocks = (ours.len(), theirs.len());
        Some(Self { ratio: median(&pairs)?.exp(), interval, blocks })
    }

    /// Returns which of the two is faster, as far as the interval and the margin allow.
    pub fn verdict(&self, margin: Margin, better: Better) -> Verdict {
        Verdict::new(self.ratio, self.interval, margin, better)
    }
}

impl fmt::Display for HodgesLehmannShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ratio, blocks: (ours, theirs), .. } = self;
        let decimals = decimals(self.interval.map_or(*ratio, |interval| interval.low));
        match self.interval {
            Some(Interval { low, high }) => {
                write!(f, "{ratio:.decimals$} x [{low:.decimals$}, {high:.decimals$}]")
            }
            None => {
                write!(f, "{ratio:.decimals$} x [insufficient samples: {ours} and {theirs} blocks]")
            }
        }
    }
}

/// Returns the pair at which the interval ends, counted from one from either side. `miss` is the
/// probability on one side.
fn cut(ours: usize, theirs: usize, miss: f64) -> Option<usize> {
    let pairs = ours * theirs;
    if pairs > EXACT_PAIRS_MAX {
        return Some(normal_cut(ours, theirs, miss));
    }
    let probabilities = probabilities(ours, theirs);
    let range = *probabilities.first()?;
    if range > MISS_MAX / 2.0 {
        return None;
    }
    let (mut below, limit) = (0.0, miss.max(range));
    let within = probabilities.iter().take_while(|&probability| {
        below += probability;
        below <= limit
    });
    Some(within.count()).filter(|&cut| cut > 0)
}

/// Returns the probability of each value of the Mann-Whitney statistic up to its middle.
///
/// The recursion is over the largest value of both samples: it belongs to each sample with a
/// probability proportional to the sample's size. If it belongs to the first sample, it exceeds all
/// values of the second. All terms are positive or zero, so nothing cancels.
fn probabilities(ours: usize, theirs: usize) -> Vec<f64> {
    let values = ours * theirs / 2 + 1;
    let certain = |value| if value == 0 { 1.0 } else { 0.0 };
    let mut rows: Vec<Vec<f64>> = vec![(0..values).map(certain).collect(); theirs + 1];
    for our in 1..=ours {
        for their in 1..=theirs {
            let share = our as f64 / (our + their) as f64;
            for value in (0..values).rev() {
                let if_ours = value.checked_sub(their).map_or(0.0, |value| rows[their][value]);
                let if_theirs = rows[their - 1][value];
                rows[their][value] = share * if_ours + (1.0 - share) * if_theirs;
            }
        }
    }
    rows.swap_remove(theirs)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "with thousands of pairs the cut is at least one and below half of them"
)]
fn normal_cut(ours: usize, theirs: usize, miss: f64) -> usize {
    let (ours, theirs) = (ours as f64, theirs as f64);
    let deviation = (ours * theirs * (ours + theirs + 1.0) / 12.0).sqrt();
    (ours * theirs / 2.0 - normal_quantile(1.0 - miss) * deviation + 0.5).max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::{HodgesLehmannShift, cut, normal_cut};
    use crate::stats::{
        Better, Blocks, MISS_MAX, Margin, Verdict,
        simulation::{NOISES, Simulation},
    };

    fn blocks(values: &[f64]) -> Blocks {
        Blocks::of(values.iter().copied().map(Some)).unwrap()
    }

    /// The cut is one more than the critical value in the printed table for 5 % on two sides.
    #[test]
    fn the_cuts_match_the_mann_whitney_table() {
        let table =
            [(4, 4, 0), (3, 5, 0), (5, 5, 2), (6, 6, 5), (8, 8, 13), (6, 10, 11), (20, 20, 127)];
        for (ours, theirs, critical) in table {
            assert_eq!(
                cut(ours, theirs, MISS_MAX / 2.0),
                Some(critical + 1),
                "{ours} and {theirs}"
            );
            assert_eq!(
                cut(theirs, ours, MISS_MAX / 2.0),
                Some(critical + 1),
                "{theirs} and {ours}"
            );
        }
        for (ours, theirs) in [(3, 3), (3, 4), (2, 7), (1, 38)] {
            assert_eq!(cut(ours, theirs, MISS_MAX / 2.0), None, "{ours} and {theirs}");
        }
    }

    /// The result must not jump where the normal approximation replaces the exact distribution.
    #[test]
    fn the_exact_and_the_normal_cut_agree_at_the_limit() {
        for (ours, theirs) in [(50, 50), (25, 100), (40, 60)] {
            let exact = cut(ours, theirs, MISS_MAX / 2.0).unwrap();
            assert!(
                exact.abs_diff(normal_cut(ours, theirs, MISS_MAX / 2.0)) <= 3,
                "{ours} and {theirs}"
            );
        }
    }

    /// By hand: the quotients of 4 and 8 by 1 and 2 are 2, 4, 4 and 8.
    #[test]
    fn the_estimate_is_the_median_of_all_pairs() {
        let shift = HodgesLehmannShift::of(&blocks(&[4.0, 8.0]), &blocks(&[1.0, 2.0])).unwrap();
        assert!((shift.ratio - 4.0).abs() < 1e-12);
        assert_eq!(shift.to_string(), "4.00 x [insufficient samples: 2 and 2 blocks]");
        let shift = HodgesLehmannShift::of(&blocks(&[30.0; 5]), &blocks(&[10.0, 20.0, 20.0, 20.0]))
            .unwrap();
        assert_eq!(shift.to_string(), "1.50 x [1.50, 3.00]");
        assert_eq!(HodgesLehmannShift::of(&blocks(&[1.0]), &Blocks::default()), None);
    }

    /// An interval that covers less than 95 % finds regressions in identical code. Both runs have
    /// the same noise, so the true ratio is one. Three standard errors are 1.5 points.
    #[test]
    fn the_interval_covers_the_true_shift() {
        const RUNS: usize = 2_000;
        for noise in &NOISES {
            for (ours, theirs) in [(4, 4), (6, 6), (6, 15), (20, 20)] {
                let mut simulation = Simulation::with_seed(31);
                let mut covered = 0;
                for _ in 0..RUNS {
                    let mut draw = |count: usize| {
                        let values = (0..count).map(|_| (noise.draw)(&mut simulation).exp());
                        blocks(&values.map(|value| value.min(f64::MAX)).collect::<Vec<_>>())
                    };
                    let shift = HodgesLehmannShift::of(&draw(ours), &draw(theirs)).unwrap();
                    covered += usize::from(shift.interval.unwrap().contains(1.0));
                }
                let covered = covered as f64 / RUNS as f64;
                println!("{:11} {ours:2} and {theirs:2}: {covered:.4}", noise.name);
                assert!((0.935..=0.985).contains(&covered), "{} {ours} {theirs}", noise.name);
            }
        }
    }

    /// Between two runs, a factor of 1.5 exceeds interval and noise.
    #[test]
    fn a_factor_of_one_and_a_half_between_two_runs_is_a_difference() {
        let mut simulation = Simulation::with_seed(32);
        for _ in 0..100 {
            let fast = simulation.contender(150.0, 20);
            let slow = simulation.contender(100.0, 20);
            let shift = HodgesLehmannShift::of(&fast, &slow).unwrap();
            assert_eq!(shift.verdict(Margin::DIFFERENCE, Better::Higher), Verdict::Faster);
            assert_eq!(shift.verdict(Margin::DIFFERENCE, Better::Lower), Verdict::Slower);
        }
        let few = HodgesLehmannShift::of(&blocks(&[2.0; 3]), &blocks(&[1.0; 3])).unwrap();
        assert_eq!(few.verdict(Margin::DIFFERENCE, Better::Higher), Verdict::Unknown);
    }
}
