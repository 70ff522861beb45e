//! Noise whose true median is known, for the tests of this module.
//!
//! Three shapes, since the time of a block is seldom normal: a machine can be interrupted and made
//! slower, and nothing makes it faster.

use std::f64::consts::TAU;

use super::{Blocks, median};

/// A distribution, with the median it was built to have.
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

/// Draws noise from one seed, so that a test that fails fails again.
pub(super) struct Simulation(fastrand::Rng);

impl Simulation {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Draws from the standard normal distribution, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (TAU * self.0.f64()).cos()
    }

    /// Draws from the exponential distribution of mean one.
    pub(super) fn exponential(&mut self) -> f64 {
        -(1.0 - self.0.f64()).ln()
    }

    /// Draws `exp` of 1.5 standard normals: one value in sixteen is above ten times the median.
    pub(super) fn log_normal(&mut self) -> f64 {
        (1.5 * self.normal()).exp()
    }

    /// Draws blocks of a subject of a true `rate` that differ by 5 % for no reason.
    pub(super) fn subject(&mut self, rate: f64, blocks: usize) -> Blocks {
        let values = (0..blocks).map(|_| Some(rate * (0.05 * self.normal()).exp()));
        Blocks::of(values).expect("exp is above zero")
    }

    /// Draws the medians of `resamples` samples from `values`, with replacement.
    pub(super) fn resampled_medians(&mut self, values: &[f64], resamples: usize) -> Vec<f64> {
        let mut resample = values.to_vec();
        let mut medians = Vec::with_capacity(resamples);
        for _ in 0..resamples {
            resample.fill_with(|| values[self.0.usize(..values.len())]);
            medians.push(median(&resample).expect("the values are finite and not none"));
        }
        medians
    }
}
