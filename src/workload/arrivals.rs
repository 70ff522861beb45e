//! When requests are due that do not wait for the answers of others: an open loop.
//!
//! The times are drawn beforehand from a seed, like what is asked, so that every strategy of a block
//! is offered the same. Latency is measured from these times, and not from when a client that was
//! held up sent its request.
//!
//! | arrivals | what comes when |
//! |---|---|
//! | `constant` | one request after each mean gap |
//! | `poisson` | gaps of the exponential distribution: many clients that know nothing of each other |
//! | `burst:32` | 32 requests at once, and then none for 32 mean gaps |
//!
//! The times are of all clients together. Were each client to draw its own, `constant` would be an
//! overlay of many clocks with random phases, and a burst the backlog of one client.

use std::{error::Error, fmt, str::FromStr, sync::Arc};

use fastrand::Rng;

use super::Source;

/// Times in a ring: a third of a second at 200,000 a second, and 512 KiB, which are read in order.
const TIMES: usize = 65_536;

/// The most requests of a burst.
const BURST_MAX: u32 = 4_096;

/// How requests follow each other in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrivals {
    /// One after each mean gap.
    Constant,
    /// With exponential gaps.
    #[default]
    Poisson,
    /// Several at once and then none for as long as they would have taken.
    Burst {
        /// How many, 1 to 4,096.
        size: u32,
    },
}

/// When the requests of all clients are due, a ring. A copy of it is the same ring.
///
/// One turn takes as long as the rate asks for, to half a nanosecond, whatever the arrivals. So no
/// strategy is offered more than another, and a run of any length is offered what it says. For
/// Poisson that means that the number of requests in a turn is given and only their places are
/// chance: in a window of a share `w` of a turn the variance of counts is `1 - w` of the mean.
#[derive(Debug, Clone)]
pub struct ArrivalTimes {
    first_ns: u64,
    /// How long after the first request of a turn each of it is due.
    ring: Arc<[u64]>,
    turn_ns: u64,
}

impl ArrivalTimes {
    /// The least that is offered, in requests a second of all clients together.
    pub const RATE_MIN: f64 = 0.001;

    /// The most. Beyond it half a nanosecond in a turn is more than a millionth of the rate.
    pub const RATE_MAX: f64 = 4e6;

    /// Draws when `rate_per_s` requests a second are due.
    ///
    /// # Panics
    /// If the rate is not in [`ArrivalTimes::RATE_MIN`] to [`ArrivalTimes::RATE_MAX`], or a burst not
    /// one of [`Arrivals`].
    pub fn draw(source: Source, arrivals: Arrivals, rate_per_s: f64) -> ArrivalTimes {
        let rates = ArrivalTimes::RATE_MIN..=ArrivalTimes::RATE_MAX;
        assert!(rates.contains(&rate_per_s), "rate {rate_per_s} is in {rates:?}");
        let mut rng = source.rng();
        let mean = 1e9 / rate_per_s;
        let (gaps, first) = match arrivals {
            Arrivals::Constant => (vec![1.0; TIMES], rng.f64()),
            Arrivals::Poisson => {
                let gaps = (0..TIMES).map(|_| exponential(&mut rng)).collect();
                (gaps, exponential(&mut rng))
            }
            Arrivals::Burst { size } => {
                assert!((1..=BURST_MAX).contains(&size), "a burst of {size} is in 1..={BURST_MAX}");
                (bursts(size), rng.f64() * f64::from(size))
            }
        };
        let turn = mean * TIMES as f64;
        ArrivalTimes {
            first_ns: nanos((first * mean).floor()),
            ring: spread(&gaps, turn),
            turn_ns: nanos(turn.round()),
        }
    }

    /// When the request that follows `number` others is due, in nanoseconds from the start.
    ///
    /// The first is due within a gap for constant arrivals, within the gap between two bursts, and
    /// after an exponential time for Poisson, where the time to the next request is always that.
    #[inline]
    pub fn due_ns(&self, number: u64) -> u64 {
        let (turn, place) = (number / TIMES as u64, number % TIMES as u64);
        let place = usize::try_from(place).expect("a place in the ring is below its length");
        let before_ns = self.first_ns.saturating_add(turn.saturating_mul(self.turn_ns));
        before_ns.saturating_add(self.ring[place])
    }

    /// How many requests are due by `now_ns`.
    pub fn due_by(&self, now_ns: u64) -> u64 {
        let Some(since_first_ns) = now_ns.checked_sub(self.first_ns) else { return 0 };
        let (turns, in_turn_ns) = (since_first_ns / self.turn_ns, since_first_ns % self.turn_ns);
        let in_turn = self.ring.partition_point(|&due_ns| due_ns <= in_turn_ns);
        turns * TIMES as u64 + in_turn as u64
    }
}

/// Draws from the exponential distribution of mean one.
fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

/// No gap within a burst and one as long as all of it behind. Where the size does not divide the
/// ring, its last burst is smaller and the gap behind it shorter.
fn bursts(size: u32) -> Vec<f64> {
    let mut gaps = Vec::with_capacity(TIMES);
    while gaps.len() < TIMES {
        let burst = (TIMES - gaps.len()).min(usize::try_from(size).expect("a size is small"));
        gaps.extend(std::iter::repeat_n(0.0, burst - 1));
        gaps.push(burst as f64);
    }
    gaps
}

/// Shares `total` nanoseconds out by weight, and gives what lies before each gap. It is the sums that
/// are rounded, so what one gap loses the next one gets.
fn spread(gaps: &[f64], total: f64) -> Arc<[u64]> {
    let all: f64 = gaps.iter().sum();
    let mut sum = 0.0;
    let before = |gap: &f64| {
        let before = nanos((sum / all * total).round());
        sum += gap;
        before
    };
    gaps.iter().map(before).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time of the ring is not negative, and at the least rate two years"
)]
fn nanos(time: f64) -> u64 {
    time as u64
}

/// `constant`, `poisson`, `burst:32`.
impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arrivals::Constant => write!(f, "constant"),
            Arrivals::Poisson => write!(f, "poisson"),
            Arrivals::Burst { size } => write!(f, "burst:{size}"),
        }
    }
}

impl FromStr for Arrivals {
    type Err = ArrivalsError;

    fn from_str(text: &str) -> Result<Arrivals, ArrivalsError> {
        let form = || ArrivalsError::Form { arrivals: text.to_owned() };
        match text.trim().split_once(':') {
            None if text.trim() == "constant" => Ok(Arrivals::Constant),
            None if text.trim() == "poisson" => Ok(Arrivals::Poisson),
            Some(("burst", size)) => match size.parse().map_err(|_| form())? {
                size @ 1..=BURST_MAX => Ok(Arrivals::Burst { size }),
                size => Err(ArrivalsError::Burst { size }),
            },
            _ => Err(form()),
        }
    }
}

/// Why a text is no [`Arrivals`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalsError {
    /// It is none of the three forms.
    Form {
        /// The text as it was given.
        arrivals: String,
    },
    /// The burst is out of bounds.
    Burst {
        /// Its size.
        size: u32,
    },
}

impl fmt::Display for ArrivalsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArrivalsError::Form { arrivals } => {
                write!(f, "arrivals cannot be `{arrivals}`: write constant, poisson or burst:32")
            }
            ArrivalsError::Burst { size } => {
                write!(f, "burst of {size} is not in 1..={BURST_MAX}: write it like burst:32")
            }
        }
    }
}

impl Error for ArrivalsError {}

#[cfg(test)]
mod tests;
