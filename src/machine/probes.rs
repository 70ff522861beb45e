//! What the clock, sleeping and handing over to another thread cost here.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::spin::nanos;

/// Readings of the clock in one sample: enough that the two at its ends do not count.
const READINGS: u32 = 1_000;

/// The most samples that are kept of anything.
const SAMPLES_MAX: usize = 100_000;

/// The middle of some samples and the end of most, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) p50_ns: u64,
    pub(super) p99_ns: u64,
}

impl Spread {
    fn of(mut samples: Vec<u64>) -> Spread {
        samples.sort_unstable();
        let at = |percent: usize| {
            samples.get(samples.len() * percent / 100).or(samples.last()).copied().unwrap_or(0)
        };
        Spread { p50_ns: at(50), p99_ns: at(99) }
    }
}

/// What reading the clock costs, and the least that two readings differ by if they do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) cost_ns: f64,
    pub(super) grain_ns: u64,
}

/// Reads the clock for a while; what the quickest thousand readings took is the cost.
pub(super) fn clock(duration: Duration) -> Clock {
    let (mut least, mut grain_ns) = (u64::MAX, u64::MAX);
    let began = Instant::now();
    while least == u64::MAX || began.elapsed() < duration {
        let sample = Instant::now();
        let mut last = sample;
        for _ in 0..READINGS {
            let now = Instant::now();
            if now != last {
                grain_ns = grain_ns.min(nanos(now - last));
            }
            last = now;
        }
        least = least.min(nanos(last - sample));
    }
    Clock { cost_ns: least as f64 / f64::from(READINGS), grain_ns }
}

/// How much longer than `asked` a sleep takes.
pub(super) fn oversleep(asked: Duration, duration: Duration) -> Spread {
    let sleep = || {
        let began = Instant::now();
        thread::sleep(asked);
        nanos(began.elapsed().saturating_sub(asked))
    };
    Spread::of(sampled(duration, sleep))
}

/// How long it takes to wake another thread and be woken by it.
///
/// Both park, as whoever waits for a queue or an actor does. What the two threads share is a count
/// of turns: even is ours, odd is the other's.
pub(super) fn hand_over(duration: Duration) -> Spread {
    const END: u64 = u64::MAX;
    let turns = AtomicU64::new(0);
    let ours = thread::current();
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            loop {
                // Acquire and release: a turn is taken over with all that was done before it.
                match turns.load(Ordering::Acquire) {
                    END => break,
                    turn if turn % 2 == 1 => {
                        // Only whoever has the turn changes it, so this loses no END.
                        turns.store(turn + 1, Ordering::Release);
                        ours.unpark();
                    }
                    _ => thread::park(),
                }
            }
        });
        let samples = sampled(duration, || {
            let began = Instant::now();
            let turn = turns.load(Ordering::Acquire);
            turns.store(turn + 1, Ordering::Release);
            other.thread().unpark();
            while turns.load(Ordering::Acquire) != turn + 2 {
                thread::park();
            }
            nanos(began.elapsed())
        });
        turns.store(END, Ordering::Release);
        other.thread().unpark();
        Spread::of(samples)
    })
}

/// At least one sample, and as many as there is time for.
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

    /// The largest of few is the end of most.
    #[test]
    fn a_spread_is_of_ranks() {
        assert_eq!(Spread::of((0..100).rev().collect()), Spread { p50_ns: 50, p99_ns: 99 });
        assert_eq!(Spread::of(vec![7]), Spread { p50_ns: 7, p99_ns: 7 });
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }

    /// Each comes to an end, even where there is time for one sample only, and is of something.
    #[test]
    fn every_probe_ends_with_a_sample() {
        let clock = clock(SHORT);
        assert!(clock.cost_ns > 0.0 && clock.grain_ns > 0, "{clock:?}");
        for duration in [Duration::ZERO, SHORT] {
            assert!(hand_over(duration).p50_ns > 0);
            assert!(oversleep(Duration::from_micros(50), duration).p50_ns > 0);
        }
    }
}
