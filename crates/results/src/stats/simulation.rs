//! Noise with a known true median, for the tests of this module.
//!
//! There are three shapes, because the time of a block is seldom normal: interrupts make a machine
//! slower, and nothing makes it faster.

use std::f64::consts::TAU;

use super::{Blocks, median};

/// A distribution and its true median.
pub(super) struct Noise {
    pub(super) name: &'static str,
    pub(super) draw: fn(&mut Simulation) -> f64,
    pub(super) median: f64,
}

/// Symmetric, skewed, and skewed with rare long spikes.
pub(super) const NOISES: [Noise; 3] = [
    Noise { name: "normal", draw: Simulation::normal, median: 0.0 },
    Noise { name: "exponential", draw: Simulation::exponential, median: std::f64::consts::LN_2 },
    Noise { name: "log-normal", draw: Simulation::log_normal, median: 1.0 },
];

/// Draws noise from one seed, so that a failure can be reproduced.
pub(super) struct Simulation(fastrand::Rng);

impl Simulation {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Draws from the standard normal distribution, by the
    /// [Box-Muller transform](https://doi.org/10.1214/aoms/1177706645).
    pub(super) fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (TAU * self.0.f64()).cos()
    }

    /// Draws from the exponential distribution of mean one.
    pub(super) fn exponential(&mut self) -> f64 {
        -(1.0 - self.0.f64()).ln()
    }

    /// Draws `exp(1.5 z)` of a standard normal `z`: one value in sixteen exceeds ten times the
    /// median.
    pub(super) fn log_normal(&mut self) -> f64 {
        (1.5 * self.normal()).exp()
    }

    /// Draws blocks of a contender with the true `rate` and 5 % of normal noise.
    pub(super) fn contender(&mut self, rate: f64, blocks: usize) -> Blocks {
        let values = (0..blocks).map(|_| Some(rate * (0.05 * self.normal()).exp()));
        Blocks::of(values).expect("exp is above zero")
    }

    /// Draws the medians of `resamples` samples from `values`, with replacement.
    pub(super) fn resampled_medians(&mut self, values: &[f64], resamples: usize) -> Vec<f64> {
        let mut resample = values.to_vec();
        let mut medians = Vec::with_capacity(resamples);
        for _ in 0..resamples {
            resample.fill_with(|| values[self.0.usize(..values.len())]);
            medians.push(median(&resample).expect("there are values, and all are finite"));
        }
        medians
    }
}
