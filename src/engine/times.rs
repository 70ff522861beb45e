//! Times of requests, kept whole: any quantile of them can be told, and of several runs together.

use hdrhistogram::Histogram;

/// Digits to which times are kept.
const SIGNIFICANT_DIGITS: u8 = 3;

/// A distribution of times in nanoseconds, each to three digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    /// No times. The distribution grows with the longest that is recorded.
    fn default() -> Times {
        Times(Histogram::new(SIGNIFICANT_DIGITS).expect("a histogram keeps up to five digits"))
    }
}

impl Times {
    /// Adds one time.
    pub fn record(&mut self, ns: u64) {
        self.0.record(ns).expect("a histogram grows to hold any time");
    }

    /// Adds all of `others`.
    pub fn add(&mut self, others: &Times) {
        self.0.add(&others.0).expect("histograms grow to hold what is added");
    }

    /// How many there are.
    pub fn samples(&self) -> u64 {
        self.0.len()
    }

    /// The time that a share `quantile` of all, 0 to 1, did not exceed; 0 if there are none.
    pub fn quantile_ns(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    /// The longest; 0 if there are none.
    pub fn max_ns(&self) -> u64 {
        self.0.max()
    }

    /// The distribution itself, for who writes it down.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }
}
