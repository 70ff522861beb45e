//! Formats numbers with few digits and a suitable unit.

/// The unit of a number, which decides its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `950`, `12k`, `3.4M`: the axis names the unit.
    Plain,
    /// `50 ns`, `1.25 us`, `13 ms`, `1.2 s`.
    Nanoseconds,
    /// `1.83 x`.
    Multiple,
}

/// Powers of 1,000 and their names, largest first.
const COUNTS: [(f64, &str); 4] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
const TIMES: [(f64, &str); 4] = [(1e9, " s"), (1e6, " ms"), (1e3, " us"), (1.0, " ns")];

impl Unit {
    /// Formats `value` with three significant digits.
    pub(super) fn exact(self, value: f64) -> String {
        let (per, name) = self.step(value);
        format!("{}{name}", self.digits(value / per))
    }

    /// Formats both ends of a range around `mid`, without a unit if both have the unit of `mid`.
    pub(super) fn ends(self, ends: [f64; 2], mid: f64) -> [String; 2] {
        let (per, _) = self.step(mid);
        match ends.iter().all(|&end| self.step(end).0 == per) {
            true => ends.map(|end| self.digits(end / per)),
            false => ends.map(|end| self.exact(end)),
        }
    }

    /// Formats a round value of an axis as short as possible.
    pub(super) fn tick(self, value: f64) -> String {
        match self {
            Unit::Multiple => format!("{}x", shortest(value)),
            Unit::Plain | Unit::Nanoseconds => {
                let (per, name) = self.step(value);
                format!("{}{name}", shortest(value / per))
            }
        }
    }

    /// Returns the largest step that `value` reaches, after rounding to three digits.
    fn step(self, value: f64) -> (f64, &'static str) {
        let steps = match self {
            Unit::Multiple => return (1.0, " x"),
            Unit::Plain => COUNTS,
            Unit::Nanoseconds => TIMES,
        };
        let reached = |&(per, _): &(f64, &str)| value.abs() >= 0.9995 * per;
        steps.into_iter().find(reached).unwrap_or(steps[3])
    }

    fn digits(self, value: f64) -> String {
        // Ratios are quoted with two decimals; a small ratio needs more.
        let small = if self == Unit::Multiple { 0.0995 } else { 0.9995 };
        match value.abs() {
            0.0 => "0".to_owned(),
            size if size >= 99.95 => format!("{value:.0}"),
            size if size >= 9.995 => format!("{value:.1}"),
            size if size >= small => format!("{value:.2}"),
            size if size >= 0.00995 => format!("{value:.3}"),
            _ => format!("{value:.4}"),
        }
    }
}

/// Formats `value` with at most five significant digits, without trailing zeros.
fn shortest(value: f64) -> String {
    let digits = (0..12).find(|&digits| {
        let shown = 10f64.powi(digits) * value;
        (shown - shown.round()).abs() <= 1e-5 * shown.abs()
    });
    let digits = usize::try_from(digits.unwrap_or(12)).unwrap_or(12);
    format!("{:.digits$}", if value == 0.0 { 0.0 } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values at the boundaries between units: they must not be shown as `1000 us` or `0.1 k`.
    #[test]
    fn a_number_has_a_suitable_unit() {
        let ns = [0.0, 50.0, 999.6, 1_250.0, 60e6, 2.5e9].map(|ns| Unit::Nanoseconds.exact(ns));
        assert_eq!(ns, ["0 ns", "50.0 ns", "1.00 us", "1.25 us", "60.0 ms", "2.50 s"]);
        let counts = [2.51, 999.0, 12_400.0, 3.44e6].map(|count| Unit::Plain.exact(count));
        assert_eq!(counts, ["2.51", "999", "12.4k", "3.44M"]);
        let multiples = [0.0062, 0.54, 1.0, 35.2].map(|ratio| Unit::Multiple.exact(ratio));
        assert_eq!(multiples, ["0.0062 x", "0.54 x", "1.00 x", "35.2 x"]);
    }

    /// Sums of steps have rounding errors of binary fractions. A tick must not show them.
    #[test]
    fn a_tick_shows_no_rounding_error() {
        let ticks = [0.0, 0.1 + 0.2, 0.01, 0.975, 20.0, 5e3, 2.5e6].map(|at| Unit::Plain.tick(at));
        assert_eq!(ticks, ["0", "0.3", "0.01", "0.975", "20", "5k", "2.5M"]);
        assert_eq!(
            [100.0, 1e3, 5e7].map(|at| Unit::Nanoseconds.tick(at)),
            ["100 ns", "1 us", "50 ms"]
        );
        assert_eq!([0.01, 1.0, 20.0].map(|at| Unit::Multiple.tick(at)), ["0.01x", "1x", "20x"]);
        assert_eq!(Unit::Plain.tick(-0.0), "0");
    }

    /// An end without a unit is read in the unit of the value, so an end in another unit must show
    /// it.
    #[test]
    fn a_range_that_crosses_units_shows_both() {
        assert_eq!(Unit::Nanoseconds.ends([1_150.0, 1_300.0], 1_200.0), ["1.15", "1.30"]);
        assert_eq!(Unit::Nanoseconds.ends([900.0, 1_300.0], 1_200.0), ["900 ns", "1.30 us"]);
        assert_eq!(Unit::Multiple.ends([0.05, 1_300.0], 12.0), ["0.050", "1300"]);
    }
}
