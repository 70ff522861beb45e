//! Formats numbers with three significant digits and a suitable unit.

/// A unit of requests per second. A table uses one for its whole column, so that its values can be
/// compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RateUnit {
    pub(super) name: &'static str,
    per: f64,
}

impl RateUnit {
    /// Chooses the largest unit in which the largest rate is at least one.
    pub(super) fn for_largest(largest: f64) -> RateUnit {
        match largest {
            rate if rate >= 1e6 => RateUnit { name: "Mops/s", per: 1e6 },
            rate if rate >= 1e3 => RateUnit { name: "kops/s", per: 1e3 },
            _ => RateUnit { name: "ops/s", per: 1.0 },
        }
    }

    pub(super) fn show(self, rate: f64) -> String {
        three_digits(rate / self.per)
    }
}

/// Formats a rate with its unit, as `41.4 Mops/s`.
pub fn rate_of(per_second: f64) -> String {
    let unit = RateUnit::for_largest(per_second);
    format!("{} {}", unit.show(per_second), unit.name)
}

/// Formats a rate without its unit: `41.4 M`, `820 k`, `2.51`.
pub(super) fn short_rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 999.5e3 => format!("{} M", three_digits(rate / 1e6)),
        rate if rate >= 999.5 => format!("{} k", three_digits(rate / 1e3)),
        rate => three_digits(rate),
    }
}

/// Formats nanoseconds as a duration: `50 ns`, `1.25 us`, `13.0 ms`, `1.20 s`.
pub(super) fn duration(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 999.5e3 => format!("{} us", three_digits(ns / 1e3)),
        ns if ns < 999.5e6 => format!("{} ms", three_digits(ns / 1e6)),
        ns => format!("{} s", three_digits(ns / 1e9)),
    }
}

/// Formats a count with two digits: `950`, `12k`, `3.4M`.
pub(super) fn rough(count: u64) -> String {
    let count = count as f64;
    match count {
        count if count < 1e3 => format!("{count}"),
        count if count < 999.5e3 => two_digits(count / 1e3) + "k",
        count if count < 999.5e6 => two_digits(count / 1e6) + "M",
        count => two_digits(count / 1e9) + "G",
    }
}

/// Formats a count with thousands separators: `1,024`.
pub fn with_thousands_separators(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lists names: `a`, `a and b`, `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match &names[..] {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Formats requests per 1,000 seconds as requests per second: `20,000`, `0.5`, `1.25`.
pub(super) fn rate_as_given(per_1000_s: u64) -> String {
    let (whole, rest) = (with_thousands_separators(per_1000_s / 1_000), per_1000_s % 1_000);
    match rest {
        0 => whole,
        _ => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    }
}

/// Formats a ratio as a percentage above one: 1.021 is `2.1 %`. From 2 on it is a factor: `33.6 x`.
pub(super) fn percent_above_one(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 2.0 => format!("{ratio:.1} x"),
        ratio => format!("{:.1} %", (ratio - 1.0) * 100.0),
    }
}

/// Formats a ratio without its interval: `1.83 x`, `0.0042 x`.
pub(super) fn short_ratio(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 0.0995 => format!("{ratio:.2} x"),
        ratio if ratio >= 0.00995 => format!("{ratio:.3} x"),
        ratio => format!("{ratio:.4} x"),
    }
}

pub(super) fn three_digits(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value if value >= 0.9995 => format!("{value:.2}"),
        value if value >= 0.09995 => format!("{value:.3}"),
        value => format!("{value:.4}"),
    }
}

fn two_digits(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values at the boundaries between units and between numbers of digits: they must not be shown
    /// as `1000 us` or `10.00`.
    #[test]
    fn numbers_have_three_digits_and_a_suitable_unit() {
        let ns = [0.0, 999.0, 1_250.0, 99_960.0, 999_600.0, 13e6, 1.2e9];
        let shown = ["0 ns", "999 ns", "1.25 us", "100 us", "1.00 ms", "13.0 ms", "1.20 s"];
        assert_eq!(ns.map(duration), shown);
        let counts = [0, 999, 1_500, 12_400, 999_600, 3_440_000, 5_000_000_000];
        assert_eq!(counts.map(rough), ["0", "999", "1.5k", "12k", "1.0M", "3.4M", "5.0G"]);
        assert_eq!(
            [0, 999, 1_024, 1_000_000].map(with_thousands_separators),
            ["0", "999", "1,024", "1,000,000"]
        );
        assert_eq!(RateUnit::for_largest(38.14e6).show(38.14e6), "38.1");
        assert_eq!(RateUnit::for_largest(38.14e6).show(42_000.0), "0.0420");
        assert_eq!(RateUnit::for_largest(2.5).show(2.5), "2.50");
        assert_eq!([2.51, 999.7e3, 41.4e6].map(short_rate), ["2.51", "1.00 M", "41.4 M"]);
        assert_eq!([1.0207, 33.58].map(percent_above_one), ["2.1 %", "33.6 x"]);
        assert_eq!([1.834, 0.05, 0.0042].map(short_ratio), ["1.83 x", "0.050 x", "0.0042 x"]);
    }

    /// A rate below one per second is shown as a fraction, and a whole rate without one.
    #[test]
    fn a_rate_is_shown_as_it_was_given() {
        let shown = [1, 500, 1_250, 2_000, 20_000_000].map(rate_as_given);
        assert_eq!(shown, ["0.001", "0.5", "1.25", "2", "20,000"]);
    }
}
