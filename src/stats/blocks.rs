//! What one subject measured in each block, checked once.
//!
//! Ratios are taken in logarithms, where zero, a negative number, infinity and NaN have no place.
//! They are refused here, so nothing behind this type can fail on a value. A block that was not
//! measured, or was declared invalid, is a hole at its index and not a zero: the other subjects
//! keep theirs.

use std::{error::Error, fmt};

/// One subject's values, at most one for each block; all are finite and above zero.
///
/// The same index is the same block for every subject of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks(Vec<Option<f64>>);

impl Blocks {
    /// Takes the values in the order of the blocks, `None` where the subject has none.
    ///
    /// # Errors
    /// [`InvalidValue`] names the first value that is not finite and above zero.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Result<Self, InvalidValue> {
        let values: Vec<Option<f64>> = values.into_iter().collect();
        for (block, value) in values.iter().enumerate() {
            match *value {
                Some(value) if !(value.is_finite() && value > 0.0) => {
                    return Err(InvalidValue { block, value });
                }
                _ => {}
            }
        }
        Ok(Self(values))
    }

    /// Returns the values that were measured, in the order of the blocks.
    pub fn measured(&self) -> Vec<f64> {
        self.0.iter().copied().flatten().collect()
    }

    /// Returns the value of each block in order, `None` where there is none.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> {
        self.0.iter().copied()
    }

    /// Returns `ln(self / other)` for each block that both have, in the order of the blocks.
    ///
    /// Each is finite, even where the quotient itself would overflow.
    pub fn ln_ratios(&self, other: &Self) -> Vec<f64> {
        let pairs = self.0.iter().zip(&other.0);
        pairs.filter_map(|(ours, theirs)| Some((*ours)?.ln() - (*theirs)?.ln())).collect()
    }
}

/// A value that has no logarithm, and the index of its block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidValue {
    /// The index of the block, from zero.
    pub block: usize,
    /// The value as it was given.
    pub value: f64,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { block, value } = self;
        write!(
            f,
            "value {value} of block {block} is not finite and above zero, leave the block out"
        )
    }
}

impl Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::{Blocks, InvalidValue};

    /// A run that died measures zero, a division by zero measures infinity or NaN. Any of them
    /// would turn every ratio of its subject into nonsense without a word.
    #[test]
    fn a_value_without_a_logarithm_is_refused_by_its_block() {
        for wrong in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Blocks::of([Some(1.0), None, Some(wrong)]).unwrap_err();
            assert_eq!(error.block, 2);
            assert_eq!(error.value.to_bits(), wrong.to_bits());
        }
    }

    /// The message is all that the reader of a log has: it names the block and what to do.
    #[test]
    fn the_refusal_says_what_to_do() {
        assert_eq!(
            InvalidValue { block: 3, value: f64::NAN }.to_string(),
            "value NaN of block 3 is not finite and above zero, leave the block out"
        );
    }

    /// Were holes closed up before pairing, block 2 of one subject would meet block 1 of the other.
    #[test]
    fn a_missing_block_is_left_out_of_the_pair_and_shifts_nothing() {
        let ours = Blocks::of([Some(2.0), None, Some(8.0), Some(4.0)]).unwrap();
        let theirs = Blocks::of([Some(2.0), Some(5.0), Some(8.0), None, Some(9.0)]).unwrap();
        assert_eq!(ours.ln_ratios(&theirs), [0.0, 0.0]);
        assert_eq!(ours.measured(), [2.0, 8.0, 4.0]);
    }

    /// The quotient of these is beyond an f64; its logarithm is not.
    #[test]
    fn the_ratio_of_extremes_is_finite() {
        let largest = Blocks::of([Some(f64::MAX)]).unwrap();
        let smallest = Blocks::of([Some(f64::MIN_POSITIVE)]).unwrap();
        assert!(largest.ln_ratios(&smallest)[0].is_finite());
    }
}
