//! Probes of the machine: cost and resolution of the clock, oversleep, and context switches.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::jitter_probe::nanos;

/// Readings of the clock in one sample: enough that the two at its ends are negligible.
const READINGS: u32 = 1_000;

/// The most samples that one probe keeps.
const SAMPLES_MAX: usize = 100_000;

/// Median and 99th percentile of samples, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) p50_ns: u64,
    pub(super) p99_ns: u64,
}

impl Spread {
    fn from_samples(mut samples: Vec<u64>) -> Spread {
        samples.sort_unstable();
        let at = |percent: usize| {
            samples.get(samples.len() * percent / 100).or(samples.last()).copied().unwrap_or(0)
        };
        Spread { p50_ns: at(50), p99_ns: at(99) }
    }
}

/// Cost of a reading of the clock, and its resolution: the least difference of two readings that
/// differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) cost_ns: f64,
    pub(super) resolution_ns: u64,
}

/// Reads the clock for `duration`. The cost is that of the fastest thousand readings in a row.
pub(super) fn clock(duration: Duration) -> Clock {
    let (mut least, mut resolution_ns) = (u64::MAX, u64::MAX);
    let began = Instant::now();
    while least == u64::MAX || began.elapsed() < duration {
        let sample = Instant::now();
        let mut last = sample;
        for _ in 0..READINGS {
            let now = Instant::now();
            if now != last {
                resolution_ns = resolution_ns.min(nanos(now - last));
            }
            last = now;
        }
        least = least.min(nanos(last - sample));
    }
    Clock { cost_ns: least as f64 / f64::from(READINGS), resolution_ns }
}

/// How much longer than `requested` a sleep takes.
pub(super) fn oversleep(requested: Duration, duration: Duration) -> Spread {
    let sleep = || {
        let began = Instant::now();
        thread::sleep(requested);
        nanos(began.elapsed().saturating_sub(requested))
    };
    Spread::from_samples(sampled(duration, sleep))
}

/// How long a context-switch round trip takes: one thread wakes another and is woken by it.
///
/// Both threads park, as the waiters of a queue or an actor do. They share a counter: this thread
/// increments it when it is even, the other one when it is odd.
pub(super) fn context_switch(duration: Duration) -> Spread {
    const END: u64 = u64::MAX;
    let counter = AtomicU64::new(0);
    let this = thread::current();
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            loop {
                // Acquire pairs with the release stores: a thread that sees the counter also sees
                // all that the other thread did before it.
                match counter.load(Ordering::Acquire) {
                    END => break,
                    count if count % 2 == 1 => {
                        // This thread alone writes an odd counter, so no END is overwritten.
                        counter.store(count + 1, Ordering::Release);
                        this.unpark();
                    }
                    _ => thread::park(),
                }
            }
        });
        let samples = sampled(duration, || {
            let began = Instant::now();
            let count = counter.load(Ordering::Acquire);
            counter.store(count + 1, Ordering::Release);
            other.thread().unpark();
            while counter.load(Ordering::Acquire) != count + 2 {
                thread::park();
            }
            nanos(began.elapsed())
        });
        counter.store(END, Ordering::Release);
        other.thread().unpark();
        Spread::from_samples(samples)
    })
}

/// Takes at least one sample, and more until `duration` is over or [`SAMPLES_MAX`] are taken.
fn sampled(duration: Duration, mut sample: impl FnMut() -> u64) -> Vec<u64> {
    let began = Instant::now();
    let mut samples = vec![sample()];
    while began.elapsed() < duration && samples.len() < SAMPLES_MAX {
        samples.push(sample());
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(2);

    /// With few samples the 99th percentile is the largest.
    #[test]
    fn a_spread_is_computed_by_rank() {
        let spread = Spread::from_samples((0..100).rev().collect());
        assert_eq!(spread, Spread { p50_ns: 50, p99_ns: 99 });
        assert_eq!(Spread::from_samples(vec![7]), Spread { p50_ns: 7, p99_ns: 7 });
        assert_eq!(Spread::from_samples(Vec::new()), Spread::default());
    }

    /// Each probe ends with at least one sample, even if its time is zero.
    #[test]
    fn every_probe_returns_at_least_one_sample() {
        let clock = clock(SHORT);
        assert!(clock.cost_ns > 0.0 && clock.resolution_ns > 0, "{clock:?}");
        for duration in [Duration::ZERO, SHORT] {
            assert!(context_switch(duration).p50_ns > 0);
            assert!(oversleep(Duration::from_micros(50), duration).p50_ns > 0);
        }
    }
}
