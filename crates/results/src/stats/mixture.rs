//! Rates that are a mixture of two regimes, and not noise around one.
//!
//! Two threads with an asynchronous mutex answer 0.07 million requests a second while they
//! alternate, and 6 to 20 million while one of them runs alone. The median of such rates is a rate
//! that never occurs, and it says only which regime was more frequent. So the two are reported
//! apart, with the share of the time in each.

use super::{median, quantile::sorted};

/// The smallest factor between two neighbouring rates that separates two regimes. The noise of a
/// single regime has no such gap: blocks of one strategy vary by less than a factor of 2.
const GAP_MIN: f64 = 2.5;

/// The smallest share of the slices that is a regime. A single stall is not.
const SHARE_MIN: f64 = 0.1;

/// The fewest slices that can show two regimes.
const SLICES_MIN: usize = 8;

/// One regime of a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regime {
    /// The share of the slices in it, from zero to one.
    pub share: f64,
    /// The median rate of its slices.
    pub rate: f64,
}

/// Two regimes of rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    /// The regime of the lower rates.
    pub slow: Regime,
    /// The regime of the higher rates.
    pub fast: Regime,
    /// The rate that separates them: the geometric mean of the rates on both sides of the gap.
    pub boundary: f64,
}

impl Mixture {
    /// Finds the widest gap between neighbouring rates. There are two regimes if it is at least a
    /// factor of 2.5 wide, with at least a tenth of the slices on each side.
    ///
    /// A slice is an equal time of the measurement; a rate of zero counts as a thousandth of the
    /// smallest other one. `None` if there is one regime, or fewer than 8 slices.
    pub fn of(rates: &[f64]) -> Option<Self> {
        let least = rates.iter().copied().filter(|rate| *rate > 0.0).reduce(f64::min)? / 1e3;
        let rates: Vec<f64> = rates.iter().map(|rate| rate.max(least)).collect();
        let sorted = sorted(&rates).filter(|sorted| sorted.len() >= SLICES_MIN)?;
        let smallest = |at: usize| at as f64 / sorted.len() as f64;
        let is_regime = |at: &usize| (SHARE_MIN..=1.0 - SHARE_MIN).contains(&smallest(*at));
        let gap = |at: usize| sorted[at] / sorted[at - 1];
        let at = (1..sorted.len())
            .filter(is_regime)
            .max_by(|&one, &other| gap(one).total_cmp(&gap(other)))?;
        if gap(at) < GAP_MIN {
            return None;
        }
        let (slow, fast) = sorted.split_at(at);
        let regime = |rates: &[f64]| {
            let share = rates.len() as f64 / sorted.len() as f64;
            Some(Regime { share, rate: median(rates)? })
        };
        let boundary = (sorted[at - 1] * sorted[at]).sqrt();
        Some(Self { slow: regime(slow)?, fast: regime(fast)?, boundary })
    }
}

#[cfg(test)]
mod tests {
    use super::Mixture;
    use crate::stats::simulation::Simulation;

    /// Seven slices of ten alternate, three run alone: the shares and both rates by hand.
    #[test]
    fn two_regimes_are_found_with_their_shares() {
        let rates = [0.07, 12.0, 0.06, 0.08, 13.0, 0.07, 0.07, 11.0, 0.08, 0.07];
        let Mixture { slow, fast, boundary } = Mixture::of(&rates).unwrap();
        assert_eq!((slow.share, slow.rate), (0.7, 0.07));
        assert_eq!((fast.share, fast.rate), (0.3, 12.0));
        assert!(0.08 < boundary && boundary < 11.0, "{boundary}");
    }

    /// Noise of 20 % is one regime, and so are a drift and a single stall.
    #[test]
    fn noise_drift_and_one_stall_are_one_regime() {
        let mut simulation = Simulation::with_seed(5);
        for _ in 0..500 {
            let noisy: Vec<f64> = (0..20).map(|_| (0.2 * simulation.normal()).exp()).collect();
            assert_eq!(Mixture::of(&noisy), None, "{noisy:?}");
        }
        let drifting: Vec<f64> = (1..20).map(|slice| f64::from(slice) + 1.0).collect();
        assert_eq!(Mixture::of(&drifting), None);
        let mut stalled = [10.0; 20];
        stalled[7] = 0.0;
        assert_eq!(Mixture::of(&stalled), None);
        assert_eq!(Mixture::of(&[1.0, 1.0, 100.0, 100.0]), None, "too few slices");
        assert_eq!(Mixture::of(&[]), None);
    }
}
