//! The values of one contender by block, validated once.
//!
//! Ratios are computed in logarithms, which zero, negative numbers, infinity and NaN do not have.
//! They are rejected here, so later code cannot fail on a value. A block that was not measured or
//! was excluded is `None` at its index, and not zero: the other contenders keep their values.

use std::{error::Error, fmt};

/// The values of one contender, at most one for each block. All are finite and above zero.
///
/// The same index is the same block for all contenders of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks(Vec<Option<f64>>);

impl Blocks {
    /// Takes the values in the order of the blocks, with `None` where the contender has none.
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
    /// Each logarithm is finite, even where the quotient would overflow.
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
            "value {value} of block {block} is not finite and above zero: leave the block out"
        )
    }
}

impl Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::{Blocks, InvalidValue};

    /// A crashed run gives zero, and a division by zero gives infinity or NaN. Such a value would
    /// silently make every ratio of its contender meaningless.
    #[test]
    fn a_value_without_a_logarithm_is_rejected_with_its_block() {
        for invalid in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Blocks::of([Some(1.0), None, Some(invalid)]).unwrap_err();
            assert_eq!(error.block, 2);
            assert_eq!(error.value.to_bits(), invalid.to_bits());
        }
    }

    /// The message names the block and says what to do.
    #[test]
    fn the_error_says_what_to_do() {
        assert_eq!(
            InvalidValue { block: 3, value: f64::NAN }.to_string(),
            "value NaN of block 3 is not finite and above zero: leave the block out"
        );
    }

    /// If missing blocks were removed before pairing, block 2 of one contender would be compared
    /// with block 1 of the other.
    #[test]
    fn a_missing_block_is_left_out_and_shifts_no_other() {
        let ours = Blocks::of([Some(2.0), None, Some(8.0), Some(4.0)]).unwrap();
        let theirs = Blocks::of([Some(2.0), Some(5.0), Some(8.0), None, Some(9.0)]).unwrap();
        assert_eq!(ours.ln_ratios(&theirs), [0.0, 0.0]);
        assert_eq!(ours.measured(), [2.0, 8.0, 4.0]);
    }

    /// This quotient exceeds the range of `f64`; its logarithm does not.
    #[test]
    fn the_logarithm_of_an_overflowing_ratio_is_finite() {
        let largest = Blocks::of([Some(f64::MAX)]).unwrap();
        let smallest = Blocks::of([Some(f64::MIN_POSITIVE)]).unwrap();
        assert!(largest.ln_ratios(&smallest)[0].is_finite());
    }
}
