//! Parsers of flag values. An error says which values are valid.

use std::ops::RangeInclusive;

/// Returns a parser of whole numbers within `range`.
pub(super) fn whole(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("give {} to {}", range.start(), range.end())),
    }
}

/// Parses a seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give 0 to {}", u64::MAX))
}

/// Parses a share such as `10%` or `0.1`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (digits, whole) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 100.0));
    match digits.trim().parse::<f64>() {
        Ok(share) if share.is_finite() && share >= 0.0 => Ok(share / whole),
        _ => Err("write it as 10% or 0.1".to_owned()),
    }
}
