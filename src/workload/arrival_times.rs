//! The due times of an open loop.
//!
//! The times are drawn in advance from a seed, like the requests, so every strategy of a block has
//! the same offered load. Latency is measured from these times, and not from the time at which a
//! delayed client sent its request.
//!
//! | arrivals | when requests are due |
//! |---|---|
//! | `constant` | one after each mean gap |
//! | `poisson` | after exponentially distributed gaps, as with many independent clients |
//! | `burst:32` | 32 at once, and then none for 32 mean gaps |
//!
//! All clients share the times. If each client drew its own, `constant` would be an overlay of many
//! clocks with random phases, and a burst would be the backlog of one client.

use std::sync::Arc;

use fastrand::Rng;

use super::RngStream;
use crate::scenario::{Arrivals, BURST_MAX};

/// Times in a ring: a third of a second at 200,000 per second, and 512 KiB, which are read in
/// order.
const TIMES: usize = 65_536;

/// A ring of due times of all clients. A clone shares the ring.
///
/// One cycle takes as long as the rate says, to half a nanosecond, for all arrivals. So every
/// strategy has the same offered load, and a run of any length has the load that it reports. With
/// Poisson arrivals the number of requests in a cycle is therefore fixed, and only their places are
/// random: in a window of a share `w` of a cycle, the variance of counts is `1 - w` times the mean.
#[derive(Debug, Clone)]
pub struct ArrivalTimes {
    first_ns: u64,
    /// The due time of each request, from the first request of the cycle.
    ring: Arc<[u64]>,
    cycle_ns: u64,
}

impl ArrivalTimes {
    /// The smallest rate, in requests per second of all clients together.
    pub const RATE_MIN: f64 = 0.001;

    /// The largest rate. Above it, half a nanosecond per cycle is more than a millionth of the
    /// rate.
    pub const RATE_MAX: f64 = 4e6;

    /// Draws the due times of `rate_per_s` requests per second.
    ///
    /// # Panics
    /// If the rate is not in [`ArrivalTimes::RATE_MIN`] to [`ArrivalTimes::RATE_MAX`], or a burst
    /// is out of the bounds of [`Arrivals`].
    pub fn draw(source: RngStream, arrivals: Arrivals, rate_per_s: f64) -> ArrivalTimes {
        let rates = ArrivalTimes::RATE_MIN..=ArrivalTimes::RATE_MAX;
        assert!(rates.contains(&rate_per_s), "rate {rate_per_s} is not in {rates:?}");
        let mut rng = source.rng();
        let mean = 1e9 / rate_per_s;
        let (gaps, first) = match arrivals {
            Arrivals::Constant => (vec![1.0; TIMES], rng.f64()),
            Arrivals::Poisson => {
                let gaps = (0..TIMES).map(|_| exponential(&mut rng)).collect();
                (gaps, exponential(&mut rng))
            }
            Arrivals::Burst { size } => {
                assert!(
                    (1..=BURST_MAX).contains(&size),
                    "a burst of {size} is not in 1..={BURST_MAX}"
                );
                (bursts(size), rng.f64() * f64::from(size))
            }
        };
        let cycle = mean * TIMES as f64;
        ArrivalTimes {
            first_ns: nanos((first * mean).floor()),
            ring: spread(&gaps, cycle),
            cycle_ns: nanos(cycle.round()),
        }
    }

    /// Returns the due time of the request that follows `number` others, in nanoseconds from the
    /// start.
    ///
    /// The first request is due within one gap for constant arrivals, and within the gap between
    /// two bursts for bursts. For Poisson arrivals it is due after an exponential time, as the time
    /// to the next request always is.
    #[inline]
    pub fn due_ns(&self, number: u64) -> u64 {
        let (cycle, index) = (number / TIMES as u64, number % TIMES as u64);
        let index = usize::try_from(index).expect("an index in the ring is below its length");
        let before_ns = self.first_ns.saturating_add(cycle.saturating_mul(self.cycle_ns));
        before_ns.saturating_add(self.ring[index])
    }

    /// Returns the number of requests that are due by `now_ns`.
    pub fn due_by(&self, now_ns: u64) -> u64 {
        let Some(since_first_ns) = now_ns.checked_sub(self.first_ns) else { return 0 };
        let (cycles, in_cycle_ns) =
            (since_first_ns / self.cycle_ns, since_first_ns % self.cycle_ns);
        let in_cycle = self.ring.partition_point(|&due_ns| due_ns <= in_cycle_ns);
        cycles * TIMES as u64 + in_cycle as u64
    }
}

/// Draws from the exponential distribution with mean one.
fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

/// Returns gaps of 0 within a burst, and a gap as long as the burst after it. If the size does not
/// divide the ring, the last burst is smaller and the gap after it is shorter.
fn bursts(size: u32) -> Vec<f64> {
    let mut gaps = Vec::with_capacity(TIMES);
    while gaps.len() < TIMES {
        let burst = (TIMES - gaps.len()).min(usize::try_from(size).expect("a burst fits the ring"));
        gaps.extend(std::iter::repeat_n(0.0, burst - 1));
        gaps.push(burst as f64);
    }
    gaps
}

/// Distributes `total` nanoseconds by weight, and returns the time before each gap. The sums are
/// rounded, so a rounding error in one gap is made up in the next.
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
    reason = "a time in the ring is not negative, and below two years at the smallest rate"
)]
fn nanos(time: f64) -> u64 {
    time as u64
}

#[cfg(test)]
mod tests;
