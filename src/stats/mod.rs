//! Turns per-block measurements into ratios with intervals, ties and tiers.
//!
//! Everything is measured in shuffled blocks: within a block each subject runs once, so whatever
//! the machine did to one subject of a block it did, roughly, to all of them. That is why subjects
//! are compared block by block and never by their totals: drift that both sides of a block share
//! cancels in the ratio. Medians, not means, so that one disturbed block moves nothing.
//!
//! Two runs have no blocks in common; a [`Shift`] compares them all the same, and sees less. Along an
//! axis of cells there are [`crossings`], where the lead changes, and the curve of [`Usl`].
//!
//! The module is pure: no clock, no I/O, and no randomness but from a seed that it is given. Equal
//! input gives equal output.
//!
//! ```
//! use hotrow::stats::{Better, Blocks, Floor, Ratio, Verdict};
//!
//! let queue = Blocks::of([180.0, 183.0, 186.0, 181.0, 189.0, 184.0].map(Some))?;
//! let mutex = Blocks::of([100.0, 101.0, 99.0, 102.0, 100.0, 98.0].map(Some))?;
//! let ratio = Ratio::of(&queue, &mutex).expect("they share six blocks");
//!
//! assert_eq!(ratio.to_string(), "1.84 x [1.78, 1.89]");
//! assert_eq!(ratio.verdict(Floor::MIN, Better::Higher), Verdict::Faster);
//! # Ok::<(), hotrow::stats::InvalidValue>(())
//! ```

mod blocks;
mod crossing;
mod curve;
mod fairness;
mod interval;
mod quantile;
mod ratio;
mod shift;
#[cfg(test)]
mod simulation;
mod summary;
mod tiers;
mod usl;
mod verdict;

pub use blocks::{Blocks, InvalidValue};
pub use crossing::{Along, Crossing, crossings};
pub use curve::Curve;
pub use fairness::{geometric_mean, jain};
pub use interval::{BLOCKS_MIN, Interval};
pub use quantile::{SAMPLES_BEYOND_MIN, has_samples_beyond, median, quantile};
pub use ratio::Ratio;
pub use shift::Shift;
pub use summary::Summary;
pub use tiers::{Standing, Subject, tiers};
pub use usl::{CurveIntervals, Usl};
pub use verdict::{Better, Floor, Verdict};
