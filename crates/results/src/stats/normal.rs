//! The quantile of the normal distribution.

/// Returns the value below which a standard normal variable lies with probability `probability`.
///
/// It inverts Hastings' approximation: [Abramowitz and Stegun](https://personal.math.ubc.ca/~cbm/aands/)
/// (1964), 26.2.23, whose error is below 0.00045. The result is infinite at 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    if probability < 0.5 {
        return -normal_quantile(1.0 - probability);
    }
    let t = (-2.0 * (1.0 - probability).ln()).sqrt();
    if t.is_infinite() {
        return f64::INFINITY;
    }
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
}

#[cfg(test)]
mod tests {
    use super::normal_quantile;

    /// Values of printed tables, on both sides of the middle.
    #[test]
    fn the_quantile_matches_the_printed_table() {
        for (probability, expected) in
            [(0.5, 0.0), (0.8, 0.841_621), (0.975, 1.959_964), (0.999, 3.090_232)]
        {
            assert!((normal_quantile(probability) - expected).abs() < 5e-4, "{probability}");
            assert!((normal_quantile(1.0 - probability) + expected).abs() < 5e-4, "{probability}");
        }
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    }
}
