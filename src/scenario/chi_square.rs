//! A chi-square test of draws against a distribution, for the tests of this crate.

/// The number of draws of a test: enough to detect a probability that is off by a few percent.
pub(crate) const DRAWS: u32 = 100_000;

/// The smallest expected count of a bin, the usual bound for the chi-square approximation.
const EXPECTED_MIN: f64 = 5.0;

/// The normal quantile that one draw in ten thousand exceeds.
const NORMAL_MAX: f64 = 3.719;

/// Pearson's chi-square statistic of counts against a distribution.
#[derive(Debug)]
pub(crate) struct ChiSquare {
    statistic: f64,
    freedom: u32,
}

impl ChiSquare {
    /// Compares counts with weights. Neighbouring bins are joined until [`EXPECTED_MIN`] is
    /// expected in each. A bin of weight 0 must have count 0.
    pub(crate) fn new(observed: &[u32], weights: &[f64]) -> ChiSquare {
        let draws: f64 = observed.iter().copied().map(f64::from).sum();
        let total: f64 = weights.iter().sum();
        let mut bins: Vec<(f64, f64)> = Vec::new();
        let mut open = (0.0, 0.0);
        for (&observed, &weight) in observed.iter().zip(weights) {
            assert!(weight > 0.0 || observed == 0, "{observed} draws of a value with weight 0");
            open = (open.0 + f64::from(observed), open.1 + draws * weight / total);
            if open.1 >= EXPECTED_MIN {
                bins.push(std::mem::take(&mut open));
            }
        }
        if let Some(last) = bins.last_mut() {
            *last = (last.0 + open.0, last.1 + open.1);
        }
        let deviation =
            |&(observed, expected): &(f64, f64)| (observed - expected).powi(2) / expected;
        let freedom = u32::try_from(bins.len()).unwrap().saturating_sub(1);
        ChiSquare { statistic: bins.iter().map(deviation).sum(), freedom }
    }

    /// Returns whether chance exceeds the statistic more often than once in ten thousand runs. The
    /// critical value is the Wilson-Hilferty approximation: 16.2, 34.1 and 160.2 with 1, 9 and 99
    /// degrees of freedom, where the exact values are 15.1, 33.7 and 160.1.
    pub(crate) fn passes(&self) -> bool {
        let ninths = 2.0 / (9.0 * f64::from(self.freedom));
        let critical =
            f64::from(self.freedom) * (1.0 - ninths + NORMAL_MAX * ninths.sqrt()).powi(3);
        self.freedom == 0 || self.statistic < critical
    }
}
