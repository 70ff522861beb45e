//! Latency histograms, from which any quantile can be read, also over several runs together.

use hdrhistogram::Histogram;

/// Significant decimal digits of each time.
const SIGNIFICANT_DIGITS: u8 = 3;

/// A distribution of times in nanoseconds, each to three significant digits.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyHistogram(Histogram<u64>);

impl Default for LatencyHistogram {
    /// Creates an empty histogram. It grows with the longest recorded time.
    fn default() -> LatencyHistogram {
        LatencyHistogram(
            Histogram::new(SIGNIFICANT_DIGITS).expect("a histogram keeps up to five digits"),
        )
    }
}

impl LatencyHistogram {
    /// Adds one time.
    pub fn record(&mut self, ns: u64) {
        self.0.record(ns).expect("a histogram grows to hold any time");
    }

    /// Adds all of `others`.
    pub fn add(&mut self, others: &LatencyHistogram) {
        self.0.add(&others.0).expect("histograms grow to hold what is added");
    }

    /// Returns the number of times.
    pub fn samples(&self) -> u64 {
        self.0.len()
    }

    /// Returns the time that a share `quantile` (0 to 1) of all does not exceed; 0 if there are
    /// none.
    pub fn quantile_ns(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    /// Returns the longest time; 0 if there are none.
    pub fn max_ns(&self) -> u64 {
        self.0.max()
    }

    /// Returns the underlying histogram, for example to store it.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }
}
