//! The median and other quantiles of a few numbers.
//!
//! Nine definitions are in use, and for a few values they differ visibly. This is type 7 of
//! [Hyndman and Fan (1996)](https://doi.org/10.1080/00031305.1996.10473566), the default of R and
//! NumPy: a table that is recomputed there from the raw rows has the same digits.

/// Returns the value in the middle, or halfway between the two in the middle.
///
/// `None` when there are no values, or when one is infinite or not a number.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Returns the value at or below which a share `q` of the values lies, by Hyndman and Fan's type 7.
///
/// Sorted and counted from zero, that is the value at position `(n - 1) q`, interpolated linearly
/// between its two neighbours. `None` when there are no values, when one is infinite or not a
/// number, or when `q` is not within `0..=1`.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    let sorted = sorted(values)?;
    let last = sorted.len().checked_sub(1)?;

    let position = last as f64 * q;
    let below = floor_index(position);
    let above = (below + 1).min(last);
    Some(between(sorted[below], sorted[above], position.fract()))
}

/// Samples that must lie beyond a quantile for it to be shown. With fewer, the quantile is one of
/// the few largest samples by chance.
pub const SAMPLES_BEYOND_MIN: u64 = 10;

/// Returns whether the blocks have enough samples for a quantile: at least [`SAMPLES_BEYOND_MIN`]
/// beyond it in all blocks together, and one in each block.
///
/// `samples` has the number of samples of each block. `beyond_ppm` is the share beyond the quantile
/// in millionths: 10,000 for the 99th percentile.
pub fn has_samples_beyond(samples: &[u64], beyond_ppm: u64) -> bool {
    let beyond = |samples: u64| samples.saturating_mul(beyond_ppm) / 1_000_000;
    let all = samples.iter().copied().fold(0, u64::saturating_add);
    SAMPLES_BEYOND_MIN <= beyond(all) && samples.iter().all(|&samples| 1 <= beyond(samples))
}

/// Returns the values in ascending order, or `None` when one is infinite or not a number.
pub(super) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// Interpolates linearly, a `share` of the way. It weighs both ends, because their difference could
/// overflow.
pub(super) fn between(from: f64, to: f64, share: f64) -> f64 {
    if from == to {
        return from;
    }
    from * (1.0 - share) + to * share
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position lies between zero and the length of a slice"
)]
fn floor_index(position: f64) -> usize {
    position.floor() as usize
}

#[cfg(test)]
mod tests {
    use super::{has_samples_beyond, median, quantile};

    /// The 99th percentile of six samples would be the largest sample.
    #[test]
    fn a_quantile_needs_samples_beyond_it() {
        assert!(has_samples_beyond(&[20], 500_000) && !has_samples_beyond(&[19], 500_000));
        assert!(has_samples_beyond(&[100; 10], 10_000) && !has_samples_beyond(&[100; 9], 10_000));
        assert!(!has_samples_beyond(&[99; 100], 10_000), "in no block there is one beyond it");
        assert!(!has_samples_beyond(&[6; 1_000], 10_000) && !has_samples_beyond(&[], 500_000));
        assert!(has_samples_beyond(&[u64::MAX], 1_000));
    }

    /// An odd count has one value in the middle, and an even count has two.
    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[9.0, 1.0, 5.0, 2.0]), Some(3.5));
        assert_eq!(median(&[-4.0, -2.0]), Some(-3.0));
    }

    /// Computed by hand from `(n - 1) q`. With another definition, a table could not be recomputed
    /// elsewhere.
    #[test]
    fn quantiles_are_of_type_7() {
        let values = [40.0, 10.0, 30.0, 20.0];
        assert_eq!(quantile(&values, 0.0), Some(10.0));
        assert_eq!(quantile(&values, 0.25), Some(17.5));
        assert_eq!(quantile(&values, 1.0), Some(40.0));

        let to_twenty: Vec<f64> = (0..=20).map(f64::from).collect();
        assert_eq!(quantile(&to_twenty, 0.95), Some(19.0));
        assert_eq!(quantile(&to_twenty, 0.125), Some(2.5));
    }

    /// A failed measurement is often written as NaN or infinity. In sorted order it would pass for
    /// a very large value.
    #[test]
    fn values_that_are_not_finite_have_no_quantile() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(median(&[1.0, f64::INFINITY]), None);
        assert_eq!(median(&[f64::NEG_INFINITY, 1.0, 2.0]), None);
        for q in [-0.1, 1.1, f64::NAN] {
            assert_eq!(quantile(&[1.0, 2.0], q), None);
        }
    }

    /// The median of the smallest and the largest number is zero, although their difference
    /// overflows.
    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert_eq!(median(&[f64::MIN, f64::MAX]), Some(0.0));
        assert_eq!(median(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }
}
