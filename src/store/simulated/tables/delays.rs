//! Simulated delays: a seeded sequence of draws, one per call of a table.
//!
//! The n-th call takes the n-th draw, so a run with one task repeats exactly from its seed. With
//! several concurrent tasks the sequence repeats, and the scheduler decides which call takes which
//! draw. A call takes its number from one atomic counter and computes its draw alone, so no call
//! waits for the draw of another.

use std::time::Duration;

use crate::scenario::Latency;
use crate::{
    sync::atomic::{AtomicU64, Ordering},
    timer::Timer,
};

/// The bound of a read's delay in milliseconds: the `Math.random() * 200` of the original.
const READ_MS_BOUND: u64 = 200;

/// The bound of a write's delay in milliseconds: the `Math.random() * 300` of the original.
const WRITE_MS_BOUND: u64 = 300;

/// Draws the delay of each call, and waits for it.
#[derive(Debug)]
pub struct Delays {
    latency: Latency,
    seed: u64,
    /// The number of draws so far. It does not change if the latency draws nothing.
    draws: AtomicU64,
    timer: Timer,
}

impl Delays {
    /// Starts the sequence of this latency and seed.
    ///
    /// # Panics
    /// If the latency is not [within its bounds](Latency::is_within_bounds). A parsed latency is.
    pub fn new(latency: Latency, seed: u64) -> Self {
        assert!(
            latency.is_within_bounds(),
            "latency {latency} is out of bounds: a call cannot wait for it"
        );
        Self { latency, seed, draws: AtomicU64::new(0), timer: Timer::Runtime }
    }

    /// Returns the same delays, with waits on `timer`.
    #[must_use]
    pub fn with_timer(self, timer: &Timer) -> Self {
        Self { timer: timer.clone(), ..self }
    }

    /// Draws the delay of the next call if it reads: 0 to 199 ms, uniform in whole milliseconds,
    /// before scaling.
    pub fn next_read(&self) -> Duration {
        self.next_below(READ_MS_BOUND)
    }

    /// Draws the delay of the next call if it writes: 0 to 299 ms, uniform in whole milliseconds,
    /// before scaling.
    pub fn next_write(&self) -> Duration {
        self.next_below(WRITE_MS_BOUND)
    }

    /// Waits for the delay of a read. The draw is made at the first poll.
    ///
    /// A delay of zero is ready at the first poll, uses no timer and needs no runtime.
    ///
    /// # Panics
    /// If the delay is not zero, the timer is [`Timer::Runtime`] and there is no Tokio runtime with
    /// a timer.
    pub async fn before_read(&self) {
        self.wait(self.next_read()).await;
    }

    /// Waits for the delay of a write, as [`Delays::before_read`] does.
    ///
    /// # Panics
    /// If the delay is not zero, the timer is [`Timer::Runtime`] and there is no Tokio runtime with
    /// a timer.
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
        // A multiple of the odd number 2^64 over the golden ratio puts the seeds of consecutive
        // calls far apart.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        // Relaxed: a call needs a number of its own and publishes nothing.
        let call = self.draws.fetch_add(1, Ordering::Relaxed);
        let mut rng = fastrand::Rng::with_seed(self.seed.wrapping_add(call.wrapping_mul(STEP)));
        Duration::from_millis(rng.u64(..bound_ms))
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

    /// An off-by-one bound or a biased draw would shift every measurement with delays.
    #[test]
    fn delays_are_whole_milliseconds_uniform_below_their_bounds() {
        let (reads, writes) = draw(Latency::Assignment, 7);
        // The tolerances are four standard errors of the mean: 57.7 and 86.6 ms over the root of
        // 10,000.
        for (delays, last_ms, tolerance_ms) in [(reads, 199, 2.3), (writes, 299, 3.5)] {
            assert!(delays.iter().all(|delay| delay.subsec_nanos().is_multiple_of(1_000_000)));
            // With 10,000 draws of at most 300 values, both ends occur with near certainty.
            assert_eq!(delays.iter().min(), Some(&Duration::ZERO), "seed 7");
            assert_eq!(delays.iter().max(), Some(&Duration::from_millis(last_ms)), "seed 7");
            let mean_ms = delays.iter().sum::<Duration>().as_secs_f64() * 1e3 / DRAWS as f64;
            let drift_ms = mean_ms - last_ms as f64 / 2.0;
            assert!(drift_ms.abs() < tolerance_ms, "mean of {mean_ms} ms, seed 7");
        }
    }

    /// A failure is reproduced from its seed, so draws must not depend on shared or global state.
    #[test]
    fn a_seed_repeats_its_draws_and_another_does_not() {
        assert_eq!(draw(Latency::Assignment, 7), draw(Latency::Assignment, 7));
        assert_ne!(draw(Latency::Assignment, 7), draw(Latency::Assignment, 8));
    }

    /// Scaling must be exact below one millisecond too: rounding would remove short delays.
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

    /// Without latency a call must add no cost of its own to a measurement: no yield, no timer
    /// (there is no runtime here), no counter that all cores share.
    #[test]
    fn without_latency_a_call_is_ready_at_its_first_poll() {
        let delays = Delays::new(Latency::None, 7);
        assert!(delays.before_read().now_or_never().is_some());
        assert!(delays.before_write().now_or_never().is_some());
        assert_eq!(delays.draws.into_inner(), 0);
    }

    /// The drawn delay must be the delay that the call waits, on Tokio's clock.
    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_its_drawn_delay() {
        let delays = Delays::new(Latency::Fixed(Duration::from_millis(5)), 7);
        let begin = Instant::now();
        delays.before_read().await;
        delays.before_write().await;
        assert_eq!(begin.elapsed(), Duration::from_millis(10));
    }

    /// A latency that is built in code and not parsed must be checked before the first call.
    #[test]
    #[should_panic(expected = "latency scaled:NaN is out of bounds: a call cannot wait for it")]
    fn a_latency_out_of_bounds_panics_at_once() {
        Delays::new(Latency::Scaled(f64::NAN), 7);
    }
}
