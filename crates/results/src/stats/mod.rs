//! Ratios with intervals, ties and tiers, computed from measurements in blocks.
//!
//! Within a shuffled block each contender runs once, so whatever the machine does to one contender
//! of a block, it does roughly to all of them. Contenders are therefore compared block by block and
//! never by their totals: drift that both sides of a block share cancels in the ratio. All averages
//! are medians, so that one disturbed block changes little.
//!
//! Two runs share no blocks: a [`HodgesLehmannShift`] compares them, with less power. Along an axis
//! of scenarios, [`crossovers`] finds where another contender leads, and [`Usl`] fits a curve. A
//! [`Bisection`] looks for the load at which probes begin to fail, and a [`Threshold`] says where
//! it lies.
//!
//! The module is pure: it reads no clock and does no I/O, and its random numbers come from a seed
//! that the caller passes. Equal input gives equal output.
//!
//! ```
//! use hotrow_results::stats::{Better, Blocks, Ratio, Verdict};
//!
//! let queue = Blocks::of([180.0, 183.0, 186.0, 181.0, 189.0, 184.0].map(Some))?;
//! let mutex = Blocks::of([100.0, 101.0, 99.0, 102.0, 100.0, 98.0].map(Some))?;
//! let ratio = Ratio::of(&queue, &mutex).expect("they share six blocks");
//!
//! assert_eq!(ratio.to_string(), "1.84 x [1.78, 1.89]");
//! assert_eq!(ratio.verdict(Better::Higher), Verdict::Faster);
//! # Ok::<(), hotrow_results::stats::InvalidValue>(())
//! ```

mod aa_check;
mod bisection;
mod blocks;
mod crossover;
mod curve;
mod fairness;
mod interval;
mod mixture;
mod normal;
mod quantile;
mod ratio;
#[cfg(test)]
mod recorded_noise;
mod response_quantile;
mod saturation;
mod shift;
#[cfg(test)]
mod simulation;
mod summary;
mod threshold;
mod tiers;
mod usl;
mod verdict;

pub use aa_check::AaCheck;
pub use bisection::Bisection;
pub use blocks::{Blocks, InvalidValue};
pub use crossover::{Crossover, SweepPoint, crossovers};
pub use curve::Curve;
pub use fairness::{geometric_mean, jain};
pub use interval::{BLOCKS_MIN, Interval, MISS_MAX};
pub use mixture::{Mixture, Regime};
pub use normal::normal_quantile;
pub use quantile::{SAMPLES_BEYOND_MIN, has_samples_beyond, median, quantile};
pub use ratio::Ratio;
pub use response_quantile::{QUANTILES_PPM, ResponseBlock, choose_quantile, pooled_quantile};
pub use saturation::{LoadBlock, Saturation};
pub use shift::HodgesLehmannShift;
pub use summary::Summary;
pub use threshold::{Level, PROBES_MIN, Threshold, ladder};
pub use tiers::{Confidence, Placement, Subject, Tiers, tiers};
pub use usl::{CurveIntervals, Usl};
pub use verdict::{Better, Margin, Verdict};
