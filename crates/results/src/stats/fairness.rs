//! Jain's fairness index of clients' shares, and the geometric mean of ratios.

/// Returns Jain's index: one if all shares are equal, `1 / n` if one client of `n` got everything.
///
/// From [A quantitative measure of fairness](https://arxiv.org/abs/cs/9809099) (1984). `None` when
/// there are no shares, when all are zero, or when one is negative or not finite.
pub fn jain(shares: &[f64]) -> Option<f64> {
    let most = shares.iter().copied().fold(0.0, f64::max);
    if most == 0.0 || !shares.iter().all(|share| share.is_finite() && *share >= 0.0) {
        return None;
    }
    // Relative to the largest share, so that no square overflows.
    let sum: f64 = shares.iter().map(|share| share / most).sum();
    let squares: f64 = shares.iter().map(|share| (share / most).powi(2)).sum();
    Some(sum * sum / (shares.len() as f64 * squares))
}

/// Returns the geometric mean, with which ratios are averaged: the mean of twice and half is one.
///
/// `None` when there are no values, or when one is not finite and above zero.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite() && *value > 0.0) {
        return None;
    }
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    Some((sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::{geometric_mean, jain};

    /// Both ends of the scale, and one by hand: the index of 1, 1 and 2 is 16 / (3 x 6).
    #[test]
    fn the_index_is_one_for_equal_shares_and_one_in_n_for_a_monopoly() {
        assert_eq!(jain(&[7.0; 5]), Some(1.0));
        assert_eq!(jain(&[3.0]), Some(1.0));
        assert_eq!(jain(&[0.0, 9.0, 0.0, 0.0]), Some(0.25));
        assert!((jain(&[1.0, 1.0, 2.0]).unwrap() - 16.0 / 18.0).abs() < 1e-12);
        assert_eq!(jain(&[f64::MAX, f64::MAX]), Some(1.0));
    }

    /// Without anything to share, the result is neither fair nor unfair.
    #[test]
    fn zero_negative_or_infinite_shares_have_no_index() {
        for shares in [&[][..], &[0.0, 0.0], &[1.0, -1.0], &[1.0, f64::NAN], &[f64::INFINITY]] {
            assert_eq!(jain(shares), None, "{shares:?}");
        }
    }

    /// By the arithmetic mean of twice and half, each of two equal contenders would be a quarter
    /// faster than the other.
    #[test]
    fn the_mean_of_twice_and_half_is_one() {
        assert!((geometric_mean(&[2.0, 0.5]).unwrap() - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[1.0, 10.0, 100.0]).unwrap() - 10.0).abs() < 1e-12);
        for values in [&[][..], &[1.0, 0.0], &[1.0, -2.0], &[f64::NAN], &[f64::INFINITY]] {
            assert_eq!(geometric_mean(values), None, "{values:?}");
        }
    }
}
