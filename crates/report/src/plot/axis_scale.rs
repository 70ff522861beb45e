//! Linear and logarithmic axes: the positions of values, and the ticks.

use super::unit::Unit;

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences have equal distances.
    Linear,
    /// Powers of two have equal distances.
    Log2,
    /// Powers of ten have equal distances.
    Log10,
}

/// The label, scale and unit of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The measured quantity, with its unit unless the numbers show it.
    pub label: String,
    /// The scale.
    pub scale: Scale,
    /// The format of its numbers.
    pub unit: Unit,
}

/// Maps values from `low` to `high` to positions from `start` to `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AxisScale {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// A round value on an axis. Only major ticks have a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) is_major: bool,
}

/// The approximate number of steps of an axis.
const STEPS: f64 = 6.0;

/// An axis with fewer major ticks cannot be read.
const MAJOR_MIN: usize = 3;

/// No measured value is larger, and products of larger values overflow.
const LARGEST: f64 = 1e100;

impl Scale {
    /// Whether `value` has a position: zero has none on a logarithmic scale.
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Scale::Linear => value.abs() <= LARGEST,
            Scale::Log2 | Scale::Log10 => (1.0 / LARGEST..=LARGEST).contains(&value),
        }
    }

    fn warp(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Log2 | Scale::Log10 => value.log10(),
        }
    }
}

impl AxisScale {
    /// Creates a scale for all `values` that have a position on it, with some room at both ends.
    /// Returns `None` if no value has one.
    pub(super) fn around(scale: Scale, values: impl Iterator<Item = f64>) -> Option<AxisScale> {
        let (low, high) = extent(values.filter(|&value| scale.holds(value)))?;
        let [low, high] = match scale {
            // The values are close enough to zero for an axis that begins at zero.
            Scale::Linear if low >= 0.0 && high > 0.0 && low <= 0.5 * high => {
                [0.0, high + 0.05 * high]
            }
            Scale::Linear => {
                let room = (0.08 * (high - low)).max(1e-3 * high.abs()).max(1e-9);
                [low - room, high + room]
            }
            Scale::Log2 | Scale::Log10 => {
                let room = (0.04 * (high / low).log10()).max(0.04);
                [(low.log10() - room), (high.log10() + room)].map(|end| 10f64.powf(end))
            }
        };
        (low < high && (high - low).is_finite()).then_some(AxisScale {
            scale,
            low,
            high,
            start: 0.0,
            end: 1.0,
        })
    }

    /// Returns the scale with positions from `start` to `end`.
    pub(super) fn laid(self, start: f64, end: f64) -> AxisScale {
        AxisScale { start, end, ..self }
    }

    /// Returns the position of `value`: at the nearer end if it is out of range, `None` if it has
    /// no position on the scale.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        self.scale.holds(value).then(|| self.clamped(value))
    }

    /// Returns the position of the end of an interval. A value without a position is at the lower
    /// end.
    pub(super) fn clamped(&self, value: f64) -> f64 {
        let value = if value.is_nan() { self.low } else { value.clamp(self.low, self.high) };
        let [low, high, value] = [self.low, self.high, value].map(|value| self.scale.warp(value));
        self.start + (self.end - self.start) * (value - low) / (high - low)
    }

    /// Returns the ticks, ascending.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let mut ticks = match self.scale {
            Scale::Linear => return self.linear_ticks(),
            Scale::Log2 => self.doublings(),
            Scale::Log10 => self.decades(),
        };
        // On few decades, 2 and 5 have numbers too. Within one decade there may be too few of them.
        if ticks.iter().filter(|tick| tick.is_major).count() < MAJOR_MIN {
            ticks.iter_mut().for_each(|tick| tick.is_major = true);
        }
        if ticks.len() < MAJOR_MIN { self.linear_ticks() } else { ticks }
    }

    fn linear_ticks(&self) -> Vec<Tick> {
        let step = nice((self.high - self.low) / STEPS);
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 4.0 * STEPS);
        let place = |value: f64| Tick { value, is_major: true };
        steps(count).map(|index| place((first + index) * step)).collect()
    }

    fn doublings(&self) -> Vec<Tick> {
        let [low, high] = [self.low, self.high].map(f64::log2);
        let every = ((high - low) / 8.0).ceil().max(1.0);
        let first = (low / every).ceil();
        let count = (high / every).floor() - first;
        let exponents = steps(count).map(|index| (first + index) * every);
        exponents.map(|exponent| Tick { value: exponent.exp2(), is_major: true }).collect()
    }

    fn decades(&self) -> Vec<Tick> {
        let [low, high] = [self.low, self.high].map(f64::log10);
        let every = ((high - low) / 10.0).ceil().max(1.0);
        let mut ticks = Vec::new();
        for exponent in steps(high.floor() - low.floor()).map(|index| low.floor() + index) {
            if exponent.rem_euclid(every) != 0.0 {
                continue;
            }
            for digit in [1.0, 2.0, 5.0] {
                let value = digit * 10f64.powf(exponent);
                if (self.low..=self.high).contains(&value) && (every == 1.0 || digit == 1.0) {
                    ticks.push(Tick { value, is_major: digit == 1.0 });
                }
            }
        }
        ticks
    }
}

/// Returns the smallest and the largest of the finite `values`.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// Returns the smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= step * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// Returns `0.0, 1.0, ..` up to `last`, or nothing if `last` is below zero.
fn steps(last: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(0.0), |index| Some(index + 1.0)).take_while(move |&at| at <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(scale: Scale, values: &[f64], unit: Unit) -> Vec<String> {
        let scale = AxisScale::around(scale, values.iter().copied()).unwrap();
        let major = scale.ticks().into_iter().filter(|tick| tick.is_major);
        major.map(|tick| unit.tick(tick.value)).collect()
    }

    /// A reader cannot interpolate between numbers that are not round.
    #[test]
    fn ticks_are_round_on_every_scale() {
        let linear = |values: &[f64]| numbers(Scale::Linear, values, Unit::Plain);
        assert_eq!(linear(&[0.0, 1.0]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(linear(&[2.49, 3.3]), ["2.6", "2.8", "3", "3.2"]);
        assert_eq!(linear(&[-3.0, 9.0]), ["-2.5", "0", "2.5", "5", "7.5"]);
        let log = |values: &[f64], unit| numbers(Scale::Log10, values, unit);
        assert_eq!(log(&[0.006, 35.0], Unit::Multiple), ["0.01x", "0.1x", "1x", "10x"]);
        assert_eq!(log(&[0.9, 12.0], Unit::Plain), ["1", "2", "5", "10"]);
        let times = ["100 ns", "1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms"];
        assert_eq!(log(&[90.0, 60e6], Unit::Nanoseconds), times);
        let counts = numbers(Scale::Log2, &[1.0, 64.0], Unit::Plain);
        assert_eq!(counts, ["1", "2", "4", "8", "16", "32", "64"]);
    }

    /// Ratios close to one have no power of ten between them, and still need numbers on the axis.
    #[test]
    fn a_narrow_log_axis_has_numbers() {
        assert_eq!(numbers(Scale::Log10, &[0.97, 1.04], Unit::Multiple).len(), 5);
        assert!(numbers(Scale::Log10, &[1.0], Unit::Multiple).len() >= 3);
        assert!(numbers(Scale::Log2, &[4.0], Unit::Plain).len() >= 3);
        assert!(numbers(Scale::Linear, &[0.0], Unit::Plain).len() >= 3);
    }

    /// An axis over hundreds of powers of ten must not have hundreds of ticks.
    #[test]
    fn a_wide_axis_has_few_ticks() {
        let wide = AxisScale::around(Scale::Log10, [1e-99, 1e99].into_iter()).unwrap();
        assert!((3..=12).contains(&wide.ticks().len()), "{:?}", wide.ticks());
        let wide = AxisScale::around(Scale::Log2, [1e-99, 1e99].into_iter()).unwrap();
        assert!((3..=12).contains(&wide.ticks().len()), "{:?}", wide.ticks());
    }

    /// The logarithm of zero is not finite, and must not become a coordinate.
    #[test]
    fn zero_has_no_position_on_a_log_axis() {
        let scale = AxisScale::around(Scale::Log10, [0.0, 1.0, 100.0].into_iter()).unwrap();
        let scale = scale.laid(0.0, 100.0);
        assert!(scale.low > 0.5);
        assert_eq!([0.0, -1.0, f64::NAN, f64::INFINITY].map(|value| scale.at(value)), [None; 4]);
        assert_eq!(scale.clamped(0.0), 0.0);
        assert_eq!(scale.clamped(1e9), 100.0);
        assert_eq!(AxisScale::around(Scale::Log2, [0.0, -4.0].into_iter()), None);
        assert_eq!(AxisScale::around(Scale::Linear, [f64::NAN].into_iter()), None);
    }
}
