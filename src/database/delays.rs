//! The delays themselves: a seeded sequence of draws, one for each call of a table.
//!
//! The n-th call takes the n-th draw, so a run of one task repeats exactly from its seed. Where
//! several tasks call at once, the sequence repeats and the scheduler decides who takes which draw.
//! A call takes its number from one atomic counter and computes its draw alone, so no call ever
//! waits for another one's dice.

use std::time::Duration;

use super::Latency;
use crate::{
    sync::atomic::{AtomicU64, Ordering},
    timer::Timer,
};

/// A read takes less than this, in milliseconds: the `Math.random() * 200` of the original.
const READ_MS_BOUND: u64 = 200;

/// A write takes less than this, in milliseconds: the `Math.random() * 300` of the original.
const WRITE_MS_BOUND: u64 = 300;

/// Hands out the delay of one call after another, and waits for it.
#[derive(Debug)]
pub struct Delays {
    latency: Latency,
    seed: u64,
    /// Draws made so far. It stands still when there is nothing to draw.
    draws: AtomicU64,
    timer: Timer,
}

impl Delays {
    /// Starts the sequence that belongs to this latency and seed.
    ///
    /// # Panics
    /// If the latency is not [within its bounds](Latency::is_within_bounds). One that was parsed is.
    pub fn new(latency: Latency, seed: u64) -> Self {
        assert!(
            latency.is_within_bounds(),
            "latency {latency} is not one that a call can wait for"
        );
        Self { latency, seed, draws: AtomicU64::new(0), timer: Timer::Runtime }
    }

    /// The same delays, waited for on `timer`.
    #[must_use]
    pub fn with_timer(self, timer: &Timer) -> Self {
        Self { timer: timer.clone(), ..self }
    }

    /// Draws the delay of the next call, if it reads: 0 to 199 ms, uniform in whole milliseconds,
    /// before it is scaled.
    pub fn next_read(&self) -> Duration {
        self.next_below(READ_MS_BOUND)
    }

    /// Draws the delay of the next call, if it writes: 0 to 299 ms, uniform in whole milliseconds,
    /// before it is scaled.
    pub fn next_write(&self) -> Duration {
        self.next_below(WRITE_MS_BOUND)
    }

    /// Waits as long as the next read takes. The draw is made at the first poll.
    ///
    /// A delay of zero is ready at the first poll, touches no timer and needs no runtime.
    ///
    /// # Panics
    /// If there is a delay to wait for on [`Timer::Runtime`] and no Tokio runtime with a timer.
    pub async fn before_read(&self) {
        self.wait(self.next_read()).await;
    }

    /// Waits as long as the next write takes, in the way of [`Delays::before_read`].
    ///
    /// # Panics
    /// If there is a delay to wait for on [`Timer::Runtime`] and no Tokio runtime with a timer.
    pub async fn before_write(&self) {
        self.wait(self.next_write()).await;
    }

    async fn wait(&self, delay: Duration) {
        if !delay.is_zero() {
            self.timer.sleep(delay).await;
        }
    }

    fn next_below(&self, bound_ms: u64) -> Duration {
        match self.latency {
            Latency::None => Duration::ZERO,
            Latency::Fixed(delay) => delay,
            Latency::Scaled(factor) => self.draw_below(bound_ms).mul_f64(factor),
            Latency::Assignment => self.draw_below(bound_ms),
        }
    }

    fn draw_below(&self, bound_ms: u64) -> Duration {
        // An odd step of 2^64 over the golden ratio puts the seeds of neighbouring calls far apart.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        // Relaxed and without a partner: a call needs a number of its own and publishes nothing.
        let call = self.draws.fetch_add(1, Ordering::Relaxed);
        let mut dice = fastrand::Rng::with_seed(self.seed.wrapping_add(call.wrapping_mul(STEP)));
        Duration::from_millis(dice.u64(..bound_ms))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::time::Instant;

    use super::*;

    const DRAWS: usize = 10_000;

    fn draw(latency: Latency, seed: u64) -> (Vec<Duration>, Vec<Duration>) {
        let delays = Delays::new(latency, seed);
        (0..DRAWS).map(|_| (delays.next_read(), delays.next_write())).unzip()
    }

    /// An off-by-one in a bound or a lopsided draw would shift every measurement made with delays.
    #[test]
    fn delays_are_whole_milliseconds_spread_evenly_below_their_bounds() {
        let (reads, writes) = draw(Latency::Assignment, 7);
        // The tolerances are four deviations of the mean: 57.7 and 86.6 ms over the root of 10,000.
        for (delays, last_ms, tolerance_ms) in [(reads, 199, 2.3), (writes, 299, 3.5)] {
            assert!(delays.iter().all(|delay| delay.subsec_nanos().is_multiple_of(1_000_000)));
            // So many draws of at most 300 values reach both ends all but surely.
            assert_eq!(delays.iter().min(), Some(&Duration::ZERO), "seed 7");
            assert_eq!(delays.iter().max(), Some(&Duration::from_millis(last_ms)), "seed 7");
            let mean_ms = delays.iter().sum::<Duration>().as_secs_f64() * 1e3 / DRAWS as f64;
            let drift_ms = mean_ms - last_ms as f64 / 2.0;
            assert!(drift_ms.abs() < tolerance_ms, "mean of {mean_ms} ms, seed 7");
        }
    }

    /// A failure is repeated from its seed. Were the draws shared or global, it could not be.
    #[test]
    fn a_seed_repeats_its_draws_and_another_does_not() {
        assert_eq!(draw(Latency::Assignment, 7), draw(Latency::Assignment, 7));
        assert_ne!(draw(Latency::Assignment, 7), draw(Latency::Assignment, 8));
    }

    /// A tenth must be a tenth, also below one millisecond: rounding would make short delays vanish.
    #[test]
    fn scaled_and_fixed_delays_are_exact() {
        let (reads, writes) = draw(Latency::Assignment, 7);
        let tenth = |delays: Vec<Duration>| -> Vec<Duration> {
            delays.into_iter().map(|delay| delay / 10).collect()
        };
        assert_eq!(draw(Latency::Scaled(0.1), 7), (tenth(reads), tenth(writes)));
        let delay = Duration::from_micros(250);
        assert_eq!(draw(Latency::Fixed(delay), 7), (vec![delay; DRAWS], vec![delay; DRAWS]));
    }

    /// Without latency the database must cost nothing that would be measured as the strategy's: no
    /// turn of the scheduler, no timer (there is no runtime here), no counter that all cores share.
    #[test]
    fn without_latency_a_call_is_ready_at_its_first_poll() {
        let delays = Delays::new(Latency::None, 7);
        assert!(delays.before_read().now_or_never().is_some());
        assert!(delays.before_write().now_or_never().is_some());
        assert_eq!(delays.draws.into_inner(), 0);
    }

    /// What is drawn is what is waited for, on Tokio's clock and no other.
    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_the_delay_it_draws() {
        let delays = Delays::new(Latency::Fixed(Duration::from_millis(5)), 7);
        let begin = Instant::now();
        delays.before_read().await;
        delays.before_write().await;
        assert_eq!(begin.elapsed(), Duration::from_millis(10));
    }

    /// A latency built in code and not parsed is refused before the first call, not during one.
    #[test]
    #[should_panic(expected = "latency scaled:NaN is not one that a call can wait for")]
    fn a_latency_out_of_bounds_is_refused_at_once() {
        Delays::new(Latency::Scaled(f64::NAN), 7);
    }
}
