//! When clients ask, where they do not wait for their answers: an open loop.
//!
//! The times are drawn beforehand from a seed, like what is asked, so that every strategy of a block
//! is offered the same. Latency is told from these intended times, and not from when a client that
//! was held up came to ask.
//!
//! | arrivals | what comes when |
//! |---|---|
//! | `constant` | one request after each mean gap |
//! | `poisson` | gaps of the exponential distribution: many clients who know nothing of each other |
//! | `burst:32` | 32 requests at once, and then nothing for 32 mean gaps |
//!
//! Each client begins at a moment of its own, drawn too, or else all would ask in step.

use std::{error::Error, fmt, str::FromStr, sync::Arc};

use fastrand::Rng;

use super::Source;

/// Gaps in a ring: as many as there are requests in one of a script.
const GAPS: usize = 4_096;

/// The most requests of a burst: a whole turn of the ring.
const BURST_MAX: u32 = 4_096;

/// How requests of one client follow each other in time.
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

/// The gaps between the requests of one client, a ring. A copy of it is the same ring.
///
/// Over one turn they add up to the time that the rate asks for, to half a nanosecond, whatever
/// the arrivals. So no strategy is offered more than another, and a run of any length is offered
/// what it says. For Poisson that means that the number of requests in a turn is given and only
/// their places are chance: in a window of a share `w` of a turn the variance of counts is `1 - w`
/// of the mean.
#[derive(Debug, Clone)]
pub struct Gaps {
    first: u64,
    ring: Arc<[u64]>,
}

impl Gaps {
    /// The least a client is asked to offer, in requests a second.
    pub const RATE_MIN: f64 = 0.001;

    /// The most. Beyond it half a nanosecond in a turn is more than a millionth of the rate.
    pub const RATE_MAX: f64 = 4e6;

    /// Draws the gaps of a client that offers `rate_per_s` requests a second.
    ///
    /// # Panics
    /// If the rate is not in [`Gaps::RATE_MIN`] to [`Gaps::RATE_MAX`], or a burst not one of
    /// [`Arrivals`].
    pub fn draw(source: Source, arrivals: Arrivals, rate_per_s: f64) -> Gaps {
        let rates = Gaps::RATE_MIN..=Gaps::RATE_MAX;
        assert!(rates.contains(&rate_per_s), "rate {rate_per_s} is in {rates:?}");
        // Not the stream that the script of the same client is drawn from: when would be tied to
        // what.
        let mut rng = Rng::with_seed(source.rng().u64(..));
        let mean = 1e9 / rate_per_s;
        let (weights, first) = match arrivals {
            Arrivals::Constant => (vec![1.0; GAPS], rng.f64()),
            Arrivals::Poisson => {
                let weights = (0..GAPS).map(|_| exponential(&mut rng)).collect();
                (weights, exponential(&mut rng))
            }
            Arrivals::Burst { size } => {
                assert!((1..=BURST_MAX).contains(&size), "a burst of {size} is in 1..={BURST_MAX}");
                (bursts(size), rng.f64() * f64::from(size))
            }
        };
        Gaps { first: nanos((first * mean).floor()), ring: spread(&weights, mean * GAPS as f64) }
    }

    /// Nanoseconds from the start to the first request.
    ///
    /// Below one gap for constant arrivals, below the gap between two bursts, and exponential for
    /// Poisson, where the time to the next request is always that.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Nanoseconds from the request that follows `number` others to the next.
    #[inline]
    pub fn gap(&self, number: u64) -> u64 {
        // The length is a power of two, so this is the remainder.
        let place = number & (self.ring.len() as u64 - 1);
        self.ring[usize::try_from(place).expect("a place in the ring is below its length")]
    }
}

/// Draws from the exponential distribution of mean one.
fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

/// No gap within a burst and one as long as all of it behind. Where the size does not divide the
/// ring, its last burst is smaller and the gap behind it shorter.
fn bursts(size: u32) -> Vec<f64> {
    let mut weights = Vec::with_capacity(GAPS);
    while weights.len() < GAPS {
        let burst = (GAPS - weights.len()).min(usize::try_from(size).expect("a size is small"));
        weights.extend(std::iter::repeat_n(0.0, burst - 1));
        weights.push(burst as f64);
    }
    weights
}

/// Shares `total` nanoseconds out by weight. It is the sums that are rounded, so what one gap loses
/// the next one gets.
fn spread(weights: &[f64], total: f64) -> Arc<[u64]> {
    let all: f64 = weights.iter().sum();
    let (mut sum, mut last) = (0.0, 0);
    let gap = |weight: &f64| {
        sum += weight;
        let end = nanos((sum / all * total).round());
        let gap = end - last;
        last = end;
        gap
    };
    weights.iter().map(gap).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time of the ring is not negative, and at the least rate 48 days"
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
mod tests {
    use super::*;
    use crate::workload::chi_square::ChiSquare;

    const SOURCE: Source = Source { seed: 7, block: 2, client: 3 };
    const ALL: [Arrivals; 5] = [
        Arrivals::Constant,
        Arrivals::Poisson,
        Arrivals::Burst { size: 1 },
        Arrivals::Burst { size: 32 },
        Arrivals::Burst { size: 100 },
    ];

    fn turn(gaps: &Gaps) -> Vec<u64> {
        (0..GAPS as u64).map(|number| gaps.gap(number)).collect()
    }

    /// A ring that adds up to a little more or less drifts from its offer, and its saturation would
    /// be an artefact.
    #[test]
    fn the_offered_rate_is_met_to_a_millionth() {
        for arrivals in ALL {
            for rate in [Gaps::RATE_MIN, 0.7, 333.0, 50_000.0, 1e6 / 3.0, Gaps::RATE_MAX] {
                let sum: u64 = turn(&Gaps::draw(SOURCE, arrivals, rate)).iter().sum();
                let met = GAPS as f64 * 1e9 / sum as f64;
                assert!((met / rate - 1.0).abs() < 1e-6, "{arrivals} at {rate}: {met}");
            }
        }
    }

    /// All strategies of a block are offered the same, and no two clients.
    #[test]
    fn gaps_are_their_source() {
        for arrivals in ALL {
            let draw = |client| Gaps::draw(Source { client, ..SOURCE }, arrivals, 1_000.0);
            assert_eq!((draw(1).first(), turn(&draw(1))), (draw(1).first(), turn(&draw(1))));
            assert_ne!(draw(1).first(), draw(2).first(), "{arrivals}");
        }
        let (one, other) = (SOURCE, Source { block: 3, ..SOURCE });
        let draw = |source| turn(&Gaps::draw(source, Arrivals::Poisson, 1_000.0));
        assert_ne!(draw(one), draw(other));
    }

    /// Nothing but rounding tells two gaps apart, at a rate that does not divide a second.
    #[test]
    fn constant_gaps_are_one_nanosecond_apart_at_most() {
        let gaps = Gaps::draw(SOURCE, Arrivals::Constant, 30_000.0);
        assert!(turn(&gaps).iter().all(|gap| (33_333..=33_334).contains(gap)));
        assert!(gaps.first() < 33_334);
    }

    /// Were the beginnings crowded, clients would ask in step after all.
    #[test]
    fn clients_begin_anywhere_in_a_gap() {
        let mut tenths = [0; 10];
        for client in 0..1_000 {
            let source = Source { client, ..SOURCE };
            let first = Gaps::draw(source, Arrivals::Constant, 1_000.0).first();
            tenths[usize::try_from(first / 100_000).unwrap()] += 1;
        }
        let test = ChiSquare::of(&tenths, &[1.0; 10]);
        assert!(test.passes(), "{test:?}");
    }

    /// Gaps that are too even hide queues, and too uneven ones make them up.
    #[test]
    fn poisson_gaps_are_exponential() {
        const BINS: u32 = 40;
        let (mut found, rate) = (vec![0; 40], 1_000.0);
        for client in 0..16 {
            let gaps = Gaps::draw(Source { client, ..SOURCE }, Arrivals::Poisson, rate);
            for gap in turn(&gaps) {
                // Bins in which a gap lies equally often, by the distribution's own inverse.
                let below = 1.0 - (-(gap as f64) / 1e9 * rate).exp();
                let bin = nanos(below * f64::from(BINS)).min(u64::from(BINS) - 1);
                found[usize::try_from(bin).unwrap()] += 1;
            }
        }
        let test = ChiSquare::of(&found, &[1.0; 40]);
        assert!(test.passes(), "{test:?}");
    }

    /// Gaps of the right lengths in an order that is not by chance would pass the test above.
    #[test]
    fn counts_of_poisson_arrivals_vary_as_their_mean() {
        const WINDOW_NS: u64 = 8_000_000;
        let mut counts = Vec::new();
        for client in 0..32 {
            let gaps = Gaps::draw(Source { client, ..SOURCE }, Arrivals::Poisson, 1_000.0);
            let mut windows = vec![0.0; 512];
            let mut time = 0;
            for gap in turn(&gaps) {
                time += gap;
                if let Some(count) = windows.get_mut(usize::try_from(time / WINDOW_NS).unwrap()) {
                    *count += 1.0;
                }
            }
            counts.extend(windows);
        }
        let windows = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / windows;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / windows;
        assert!((mean - 8.0).abs() < 0.01, "{mean}");
        // Of 16,384 counts, the variance has a standard error of 1.2 % of the mean.
        assert!((variance / mean - 1.0).abs() < 0.05, "{variance}");
    }

    /// A burst that is spread by rounding is none.
    #[test]
    fn a_burst_comes_at_once() {
        let gaps = turn(&Gaps::draw(SOURCE, Arrivals::Burst { size: 32 }, 1_000.0));
        for (place, gap) in gaps.into_iter().enumerate() {
            assert_eq!(gap, if place % 32 == 31 { 32_000_000 } else { 0 }, "{place}");
        }
        let gaps = turn(&Gaps::draw(SOURCE, Arrivals::Burst { size: 100 }, 1_000.0));
        assert_eq!(gaps.iter().filter(|&&gap| gap == 100_000_000).count(), 40);
        assert_eq!(gaps.last(), Some(&96_000_000), "what is left of 4,096");
    }

    /// Arrivals are typed by hand and stand in rows; what they print must be what they read.
    #[test]
    fn arrivals_read_what_they_print() {
        for text in ["constant", "poisson", "burst:32"] {
            assert_eq!(text.parse::<Arrivals>().unwrap().to_string(), text);
        }
    }

    /// What cannot be drawn is told in one line with what to write.
    #[test]
    fn arrivals_that_cannot_be_are_refused() {
        let refused = |text: &str| text.parse::<Arrivals>().unwrap_err().to_string();
        let form = "arrivals cannot be `poison`: write constant, poisson or burst:32";
        assert_eq!(refused("poison"), form);
        for text in ["", "constant:1", "burst", "burst:", "burst:-1", "burst:x"] {
            assert!(refused(text).starts_with("arrivals cannot be"), "{text}");
        }
        for text in ["burst:0", "burst:4097"] {
            assert!(refused(text).contains("1..=4096: write it like burst:32"), "{text}");
        }
    }
}
