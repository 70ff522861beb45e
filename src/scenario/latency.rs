//! The latency of a simulated store.
//!
//! The delays of the assignment make an unsynchronized read-decide-write lose updates. They also
//! hide the cost of a strategy: beside 400 ms of waiting every lock is free. So a measurement can
//! turn them off, scale them, or make them all equal.

use std::{error::Error, fmt, str::FromStr, time::Duration};

/// The mean of 0 to 199 ms.
const READ_MEAN: Duration = Duration::from_micros(99_500);

/// The delay of every call of a table before it takes effect.
///
/// It is written `none`, `scaled:0.1`, `fixed:5ms` or `assignment`. The precision of a wait depends
/// on the [`Timer`](crate::timer::Timer) of the store: a simulated clock waits to the nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub enum Latency {
    /// No delay: every call is ready at its first poll.
    #[default]
    None,
    /// The delays of the assignment times this factor, which is 0 or lies from
    /// [`Latency::FACTOR_MIN`] to [`Latency::FACTOR_MAX`].
    Scaled(f64),
    /// The same delay for reads and writes, at most [`Latency::FIXED_MAX`].
    Fixed(Duration),
    /// The delays of the assignment: 0 to 199 ms for a read, 0 to 299 ms for a write.
    Assignment,
}

impl Latency {
    /// The smallest factor of [`Latency::Scaled`] except 0. The assignment's delays are in
    /// milliseconds, and this factor makes each of them a nanosecond, the shortest possible wait.
    pub const FACTOR_MIN: f64 = 1e-6;

    /// The largest factor of [`Latency::Scaled`]. Its longest write takes half a minute. A larger
    /// factor is more likely a typing error than intended.
    pub const FACTOR_MAX: f64 = 100.0;

    /// The longest delay of [`Latency::Fixed`], for the same reason.
    pub const FIXED_MAX: Duration = Duration::from_secs(60);

    /// Returns whether a call can wait for the number in this latency; NaN is out of bounds.
    pub fn is_within_bounds(self) -> bool {
        match self {
            Self::None | Self::Assignment => true,
            Self::Scaled(factor) => {
                factor == 0.0 || (Self::FACTOR_MIN..=Self::FACTOR_MAX).contains(&factor)
            }
            Self::Fixed(delay) => delay <= Self::FIXED_MAX,
        }
    }
}

impl Latency {
    /// Returns the mean delay of a read; `None` if a read does not wait.
    pub fn mean_of_read(self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Fixed(delay) => Some(delay),
            Self::Scaled(factor) => Some(READ_MEAN.mul_f64(factor)),
            Self::Assignment => Some(READ_MEAN),
        }
        .filter(|delay| !delay.is_zero())
    }
}

impl FromStr for Latency {
    type Err = ParseLatencyError;

    fn from_str(text: &str) -> Result<Self, ParseLatencyError> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "assignment" => Ok(Self::Assignment),
            Some(("scaled", factor)) => parse_scaled(factor)
                .ok_or_else(|| ParseLatencyError::Factor { factor: factor.to_owned() }),
            Some(("fixed", delay)) => parse_fixed(delay)
                .ok_or_else(|| ParseLatencyError::Delay { delay: delay.to_owned() }),
            _ => Err(ParseLatencyError::Mode { mode: text.to_owned() }),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Scaled(factor) => write!(f, "scaled:{factor}"),
            Self::Fixed(delay) => {
                let (unit, unit_ns) = coarsest_unit(*delay);
                write!(f, "fixed:{}{unit}", delay.as_nanos() / u128::from(unit_ns))
            }
            Self::Assignment => f.write_str("assignment"),
        }
    }
}

/// The reason why a text is not a [`Latency`]. The message is one line and says what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseLatencyError {
    /// The mode is none of the four.
    Mode {
        /// The whole text.
        mode: String,
    },
    /// The factor after `scaled:` is not a number, or not within its bounds.
    Factor {
        /// The text after the colon.
        factor: String,
    },
    /// The delay after `fixed:` is not a whole number with a unit, or too long.
    Delay {
        /// The text after the colon.
        delay: String,
    },
}

impl fmt::Display for ParseLatencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Texts are quoted with their escapes, so that the message is one line for any input.
        match self {
            Self::Mode { mode } => write!(
                f,
                "latency {mode:?} is not known: write none, assignment, scaled:0.1 or fixed:5ms"
            ),
            Self::Factor { factor } => write!(
                f,
                "latency factor {factor:?} is not 0 or a number from {} to {}: \
                 write it as in scaled:0.1",
                Latency::FACTOR_MIN,
                Latency::FACTOR_MAX
            ),
            Self::Delay { delay } => write!(
                f,
                "latency delay {delay:?} is not a whole number of us, ms or s up to {}s: \
                 write it as in fixed:5ms",
                Latency::FIXED_MAX.as_secs()
            ),
        }
    }
}

impl Error for ParseLatencyError {}

/// The units of a delay in nanoseconds, coarsest first. The last one is there so that every
/// [`Duration`] can be written.
const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

fn coarsest_unit(delay: Duration) -> (&'static str, u64) {
    let divides = |unit_ns: u64| delay.as_nanos().is_multiple_of(u128::from(unit_ns));
    UNITS.into_iter().find(|&(_, unit_ns)| divides(unit_ns)).expect("1 ns divides every delay")
}

fn parse_scaled(factor: &str) -> Option<Latency> {
    let latency = Latency::Scaled(factor.parse().ok()?);
    latency.is_within_bounds().then_some(latency)
}

fn parse_fixed(delay: &str) -> Option<Latency> {
    let (count, unit) = delay.split_at(delay.find(|c: char| !c.is_ascii_digit())?);
    let (_, unit_ns) = UNITS.into_iter().find(|&(name, _)| name == unit)?;
    let delay_ns = count.parse::<u64>().ok()?.checked_mul(unit_ns)?;
    let latency = Latency::Fixed(Duration::from_nanos(delay_ns));
    latency.is_within_bounds().then_some(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A result contains its latency as text, and users paste that text to measure again.
    #[test]
    fn a_latency_is_parsed_as_it_is_displayed() {
        let texts =
            ["none", "assignment", "scaled:0", "scaled:0.1", "scaled:100", "scaled:0.000001"];
        for text in texts.into_iter().chain(["fixed:5ms", "fixed:250us", "fixed:60s", "fixed:7ns"])
        {
            let latency: Latency = text.parse().unwrap();
            assert_eq!(latency.to_string(), text);
        }
        let delay = Duration::from_micros(1_500);
        assert_eq!("fixed:1500us".parse(), Ok(Latency::Fixed(delay)));
        assert_eq!("fixed:2000us".parse::<Latency>().unwrap().to_string(), "fixed:2ms");
    }

    /// A typing error must not become a run of hours, a panic in the middle of one, or an unclear
    /// message.
    #[test]
    fn an_invalid_latency_is_reported_in_one_line_with_a_correct_form() {
        let modes = ["", "None", "slow", "none:1", "scaled", "fixed", " none", "slow:\n1"];
        let factors = ["", "x", "-1", "-0.1", "NaN", "inf", "1e400", "100.1", "0.1ms", "1e-7"];
        let delays =
            ["", "5", "ms", "-5ms", "1.5ms", "5 ms", "5m", "5MS", "61s", "99999999999999s"];
        let cases = modes.into_iter().map(|mode| (mode.to_owned(), "scaled:0.1 or fixed:5ms"));
        let cases = cases.chain(factors.map(|text| (format!("scaled:{text}"), "as in scaled:0.1")));
        let cases = cases.chain(delays.map(|text| (format!("fixed:{text}"), "as in fixed:5ms")));
        for (text, advice) in cases {
            let message = text.parse::<Latency>().unwrap_err().to_string();
            assert!(message.starts_with("latency ") && message.ends_with(advice), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
}
