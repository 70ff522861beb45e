//! Whether draws are of the distribution that they should be of, for the tests of this module.

/// How many draws a test makes: enough to find a probability that is off by a few per cent.
pub(super) const DRAWS: u32 = 100_000;

/// The least that is expected in a bin, as is usual, so that the statistic is chi-square.
const EXPECTED_MIN: f64 = 5.0;

/// The normal quantile that one draw in ten thousand exceeds.
const NORMAL_MAX: f64 = 3.719;

/// Pearson's statistic of counts against a distribution.
#[derive(Debug)]
pub(super) struct ChiSquare {
    statistic: f64,
    freedom: u32,
}

impl ChiSquare {
    /// Compares counts with weights, neighbours joined until [`EXPECTED_MIN`] is expected of each
    /// bin. Where the weight is none, nothing may have been found.
    pub(super) fn of(found: &[u32], weights: &[f64]) -> ChiSquare {
        let draws: f64 = found.iter().copied().map(f64::from).sum();
        let total: f64 = weights.iter().sum();
        let mut bins: Vec<(f64, f64)> = Vec::new();
        let mut open = (0.0, 0.0);
        for (&found, &weight) in found.iter().zip(weights) {
            assert!(weight > 0.0 || found == 0, "{found} draws of what is never drawn");
            open = (open.0 + f64::from(found), open.1 + draws * weight / total);
            if open.1 >= EXPECTED_MIN {
                bins.push(std::mem::take(&mut open));
            }
        }
        if let Some(last) = bins.last_mut() {
            *last = (last.0 + open.0, last.1 + open.1);
        }
        let apart = |&(found, expected): &(f64, f64)| (found - expected).powi(2) / expected;
        let freedom = u32::try_from(bins.len()).unwrap().saturating_sub(1);
        ChiSquare { statistic: bins.iter().map(apart).sum(), freedom }
    }

    /// Whether chance exceeds the statistic more often than in one run of ten thousand. The
    /// critical value is Wilson and Hilferty's: with 1, 9 and 99 degrees of freedom 16.2, 34.1
    /// and 160.2, where it really is 15.1, 33.7 and 160.1.
    pub(super) fn passes(&self) -> bool {
        let ninths = 2.0 / (9.0 * f64::from(self.freedom));
        let critical =
            f64::from(self.freedom) * (1.0 - ninths + NORMAL_MAX * ninths.sqrt()).powi(3);
        self.freedom == 0 || self.statistic < critical
    }
}
