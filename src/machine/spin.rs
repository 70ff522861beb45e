//! Gaps in a loop that does nothing but read the clock: whatever else a processor did.
//!
//! A thread runs for each processor, unpinned as the measured ones are. Between two readings lie
//! some tens of nanoseconds, so a longer gap is an interrupt, another process or another machine.

use std::{
    thread,
    time::{Duration, Instant},
};

/// From here on a gap is time lost. An interrupt takes a few microseconds and is everywhere.
pub(super) const LOST_NS: u64 = 10_000;

/// From here on something else was run meanwhile.
pub(super) const LONG_NS: u64 = 1_000_000;

/// What one loop saw, or all of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spin {
    /// The time from the first reading to the last, of all threads added up.
    pub(super) took_ns: u64,
    /// The part of it in gaps longer than [`LOST_NS`].
    pub(super) lost_ns: u64,
    /// The longest gap.
    pub(super) longest_ns: u64,
    /// How many were longer than [`LONG_NS`].
    pub(super) long: u64,
}

impl Spin {
    /// Spins on as many threads as there are processors for us.
    pub(super) fn on_all_cores(duration: Duration) -> Spin {
        let threads = super::cores().usable;
        thread::scope(|scope| {
            let spinning: Vec<_> =
                (0..threads).map(|_| scope.spawn(move || Spin::alone(duration))).collect();
            let ended = spinning.into_iter().map(thread::ScopedJoinHandle::join);
            ended.fold(Spin::default(), |all, one| all.and(one.expect("a clock can be read")))
        })
    }

    fn alone(duration: Duration) -> Spin {
        let began = Instant::now();
        let (mut spin, mut last) = (Spin::default(), began);
        while last - began < duration {
            let now = Instant::now();
            spin.gap(nanos(now - last));
            last = now;
        }
        spin
    }

    #[inline]
    fn gap(&mut self, gap_ns: u64) {
        self.took_ns += gap_ns;
        if gap_ns > LOST_NS {
            self.lost_ns += gap_ns;
            self.longest_ns = self.longest_ns.max(gap_ns);
            self.long += u64::from(gap_ns > LONG_NS);
        }
    }

    fn and(self, other: Spin) -> Spin {
        Spin {
            took_ns: self.took_ns + other.took_ns,
            lost_ns: self.lost_ns + other.lost_ns,
            longest_ns: self.longest_ns.max(other.longest_ns),
            long: self.long + other.long,
        }
    }

    /// The share of the time that was lost.
    pub(super) fn lost_share(&self) -> f64 {
        self.lost_ns as f64 / self.took_ns.max(1) as f64
    }
}

/// Nanoseconds, which last for 584 years.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What counts as a gap, by hand.
    #[test]
    fn only_long_gaps_are_lost_time() {
        let mut one = Spin::default();
        [40, LOST_NS, 20_000, 2_000_000].into_iter().for_each(|gap| one.gap(gap));
        let expected =
            Spin { took_ns: 2_030_040, lost_ns: 2_020_000, longest_ns: 2_000_000, long: 1 };
        assert_eq!(one, expected);
        let both = one.and(Spin { took_ns: 2_030_040, ..Spin::default() });
        assert!((both.lost_share() - 2_020_000.0 / 4_060_080.0).abs() < 1e-12);
        assert_eq!((both.longest_ns, both.long), (2_000_000, 1));
    }

    /// A loop that ends early has seen nothing.
    #[test]
    fn every_core_is_watched_for_as_long_as_asked() {
        let spin = Spin::on_all_cores(Duration::from_millis(5));
        assert!(spin.took_ns >= 5_000_000, "{spin:?}");
    }
}
