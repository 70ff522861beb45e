//! Jitter: time that a processor takes away from a loop that only reads the clock.
//!
//! One thread runs for each usable core, unpinned like the measured threads. Two readings are some
//! tens of nanoseconds apart, so a longer gap is an interrupt, another process or another virtual
//! machine. [jHiccup](https://github.com/giltene/jHiccup) and
//! [osnoise](https://docs.kernel.org/trace/osnoise-tracer.html) measure the same.

use std::{
    thread,
    time::{Duration, Instant},
};

/// A gap longer than this counts as jitter. Shorter interrupts, of a few microseconds, occur on
/// every machine.
pub(super) const JITTER_MIN_NS: u64 = 10_000;

/// During a gap longer than this, the processor ran something else.
pub(super) const HICCUP_MIN_NS: u64 = 1_000_000;

/// The gaps that one loop saw, or all loops together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct JitterProbe {
    /// The time from the first reading to the last, summed over the threads.
    pub(super) elapsed_ns: u64,
    /// The part of it in gaps longer than [`JITTER_MIN_NS`].
    pub(super) jitter_ns: u64,
    /// The longest gap.
    pub(super) gap_ns_max: u64,
    /// The number of gaps longer than [`HICCUP_MIN_NS`].
    pub(super) hiccups: u64,
}

impl JitterProbe {
    /// Spins for `duration` on one thread for each usable core.
    pub(super) fn on_all_cores(duration: Duration) -> JitterProbe {
        let threads = super::cores().usable;
        thread::scope(|scope| {
            let probes: Vec<_> =
                (0..threads).map(|_| scope.spawn(move || JitterProbe::run(duration))).collect();
            let results = probes.into_iter().map(thread::ScopedJoinHandle::join);
            let results = results.map(|probe| probe.expect("reading a clock does not panic"));
            results.fold(JitterProbe::default(), JitterProbe::merged)
        })
    }

    fn run(duration: Duration) -> JitterProbe {
        let began = Instant::now();
        let (mut probe, mut last) = (JitterProbe::default(), began);
        while last - began < duration {
            let now = Instant::now();
            probe.record_gap(nanos(now - last));
            last = now;
        }
        probe
    }

    #[inline]
    fn record_gap(&mut self, gap_ns: u64) {
        self.elapsed_ns += gap_ns;
        if gap_ns > JITTER_MIN_NS {
            self.jitter_ns += gap_ns;
            self.gap_ns_max = self.gap_ns_max.max(gap_ns);
            self.hiccups += u64::from(gap_ns > HICCUP_MIN_NS);
        }
    }

    fn merged(self, other: JitterProbe) -> JitterProbe {
        JitterProbe {
            elapsed_ns: self.elapsed_ns + other.elapsed_ns,
            jitter_ns: self.jitter_ns + other.jitter_ns,
            gap_ns_max: self.gap_ns_max.max(other.gap_ns_max),
            hiccups: self.hiccups + other.hiccups,
        }
    }

    /// Returns the share of the time that is jitter.
    pub(super) fn jitter_share(&self) -> f64 {
        self.jitter_ns as f64 / self.elapsed_ns.max(1) as f64
    }
}

/// Converts to nanoseconds; a `u64` holds 584 years of them.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gaps on both sides of the limits, computed by hand.
    #[test]
    fn only_long_gaps_are_jitter() {
        let mut probe = JitterProbe::default();
        [40, JITTER_MIN_NS, 20_000, 2_000_000].into_iter().for_each(|gap| probe.record_gap(gap));
        let expected = JitterProbe {
            elapsed_ns: 2_030_040,
            jitter_ns: 2_020_000,
            gap_ns_max: 2_000_000,
            hiccups: 1,
        };
        assert_eq!(probe, expected);
        let both = probe.merged(JitterProbe { elapsed_ns: 2_030_040, ..JitterProbe::default() });
        assert!((both.jitter_share() - 2_020_000.0 / 4_060_080.0).abs() < 1e-12);
        assert_eq!((both.gap_ns_max, both.hiccups), (2_000_000, 1));
    }

    /// A loop that ends too early sees nothing.
    #[test]
    fn every_core_is_watched_for_the_whole_duration() {
        let probe = JitterProbe::on_all_cores(Duration::from_millis(5));
        assert!(probe.elapsed_ns >= 5_000_000, "{probe:?}");
    }
}
