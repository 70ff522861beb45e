//! Parsers of flag values. An error says which values are valid.

use std::ops::RangeInclusive;

/// Returns a parser of whole numbers within `range`.
pub(super) fn whole(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("give {} to {}", range.start(), range.end())),
    }
}

/// Returns a parser of counts within `range`, such as `1024`, `1_024` or `1k`.
pub(super) fn count(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| match number_with_suffix(text) {
        Some(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("give {} to {}", range.start(), range.end())),
    }
}

/// Parses a whole number with an optional factor of 1,000 (`k`) or 1,000,000 (`M`). A fraction must
/// become whole: `1.5k` is 1,500.
fn number_with_suffix(text: &str) -> Option<u64> {
    let text = text.replace('_', "");
    let (digits, factor) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => (text.strip_suffix('M').unwrap_or(&text), 1_000_000),
    };
    if digits.len() == text.len() {
        return text.parse().ok();
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let unit = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let shifted: u64 = format!("{whole}{fraction}").parse().ok()?;
    let scaled = shifted.checked_mul(factor)?;
    scaled.is_multiple_of(unit).then_some(scaled / unit)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Users write `--users 1k` as they write `--rate 50k`.
    #[test]
    fn a_count_has_a_suffix_like_a_rate() {
        let parse = count(1..=1_000_000);
        let counts = ["1", "1024", "1_024", "1k", "1.5k", "1M", "0.001M"].map(&parse);
        assert_eq!(counts, [1, 1_024, 1_024, 1_000, 1_500, 1_000_000, 1_000].map(Ok));
        for text in ["0", "2M", "k", "1.5", "1.0005k", "-1k", "1kk", "1K", ".5k", "1e3", "+1k"] {
            assert_eq!(parse(text).unwrap_err(), "give 1 to 1000000", "{text}");
        }
    }
}
