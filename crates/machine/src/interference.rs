//! Whether other programs used so much processor time that a block must be excluded.
//!
//! The system counts in ticks, usually of 10 ms. The time of this process is exact except for
//! threads that are running ([`Usage`](super::Usage)). So each processor's count can be off by one
//! tick, and the time of this process by another. Two ticks a core are the resolution: 2 % of a
//! second, 20 % of a tenth of a second. Where processors are partly idle, a tick is also a sample
//! of what runs, so two standard errors of that sample are added for foreign time.
//!
//! A block is excluded only if a share exceeds its limit by more than these errors. An interval of
//! 100 ms is excluded if other programs took a quarter of it, one of a second at 5 % if the machine
//! was busy throughout, and one of ten seconds at 3.2 %. Interference between the limit and these
//! shares is not detected: a longer interval detects more.
//!
//! A sleeping thread that a timer wakes runs after the tick that woke it, so its work is missed and
//! never counted twice. The difference is then below zero and counts as zero.

use super::{CpuCounters, cpu_counters::Ticks};

/// The largest accepted share of the machine's processor time that other programs use. Above it,
/// the strategies of a block did not run under the same conditions. It is half of the difference
/// that a block of two threads can resolve.
pub const FOREIGN_MAX: f64 = 0.03;

/// The largest accepted share of the machine's processor time that the host gives to other virtual
/// machines. Stolen time comes in pieces of milliseconds, which can stop the holder of a lock.
pub const STEAL_MAX: f64 = 0.02;

/// Ticks by which the count of each core can be off: one of the system's count, one of this
/// process.
const RESOLUTION_TICKS: u64 = 2;

/// How many standard errors of sampling are tolerated.
const SAMPLING_ERRORS: f64 = 2.0;

/// Processor time between two readings of [`CpuCounters`]; `None` where the system does not report
/// it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interference {
    /// Processor time of other programs and of interrupts, as a share of the machine.
    pub foreign_share: Option<f64>,
    /// Processor time that the host gave to other virtual machines, as a share of this one.
    pub steal_share: Option<f64>,
    /// Processor time of this process, as a share of the machine.
    pub own_share: Option<f64>,
    /// The error of the foreign share.
    pub foreign_error: f64,
    /// The error of the stolen share.
    pub steal_error: f64,
}

impl Interference {
    /// Compares two readings of the counters, of which `before` is the earlier.
    pub fn between(before: &CpuCounters, after: &CpuCounters) -> Interference {
        let wall_ns = after.at.saturating_duration_since(before.at).as_nanos();
        let own_ns =
            after.usage.zip(before.usage).map(|(after, before)| after.since(before).cpu_ns);
        let ticks = after.ticks.zip(before.ticks).map(|(after, before)| after.since(before));
        Interference::new(wall_ns as f64, own_ns.map(|own_ns| own_ns as f64), ticks)
    }

    fn new(wall_ns: f64, own_ns: Option<f64>, ticks: Option<Ticks>) -> Interference {
        let mut interference = Interference {
            foreign_share: None,
            steal_share: None,
            own_share: None,
            foreign_error: 0.0,
            steal_error: 0.0,
        };
        let Some(ticks) = ticks else { return interference };
        let total = (ticks.busy + ticks.idle + ticks.steal) as f64;
        if wall_ns <= 0.0 || total <= 0.0 {
            return interference;
        }
        let busy = ticks.busy as f64 / total;
        let resolution = (RESOLUTION_TICKS * ticks.cores) as f64 / total;
        let sampling = (busy * (1.0 - busy) / total).sqrt();
        interference.own_share = own_ns.map(|own_ns| own_ns / wall_ns / ticks.cores as f64);
        interference.foreign_share = interference.own_share.map(|own| (busy - own).max(0.0));
        interference.foreign_error = resolution + SAMPLING_ERRORS * sampling;
        interference.steal_share = Some(ticks.steal as f64 / total);
        interference.steal_error = resolution;
        interference
    }

    /// Returns why a block measured meanwhile is excluded, such as `foreign cpu 7.1 % > 3 %`.
    pub fn exclusion_reason(&self) -> Option<String> {
        let beyond = |name: &str, share: Option<f64>, error: f64, limit: f64| {
            let share = share.filter(|share| share - error > limit)?;
            Some(format!("{name} {:.1} % > {:.0} %", share * 100.0, limit * 100.0))
        };
        let foreign = beyond("foreign cpu", self.foreign_share, self.foreign_error, FOREIGN_MAX);
        let steal = beyond("steal", self.steal_share, self.steal_error, STEAL_MAX);
        let reasons: Vec<String> = foreign.into_iter().chain(steal).collect();
        (!reasons.is_empty()).then(|| reasons.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const MS: f64 = 1e6;

    /// Two cores for `wall` milliseconds, with `own` milliseconds of processor time of this
    /// process.
    fn interference(wall: f64, own: f64, busy: u64, idle: u64, steal: u64) -> Interference {
        let ticks = Ticks { busy, idle, steal, cores: 2 };
        Interference::new(wall * MS, Some(own * MS), Some(ticks))
    }

    fn exclusion_reason(wall: f64, own: f64, busy: u64, idle: u64, steal: u64) -> Option<String> {
        interference(wall, own, busy, idle, steal).exclusion_reason()
    }

    /// The reason is written to the rows. Computed by hand from texts of `/proc/stat`.
    #[test]
    fn time_of_other_programs_excludes_a_block() {
        let ticks = |busy: u64, idle: u64, steal: u64| {
            Ticks::parse(&format!("cpu  {busy} 0 0 {idle} 0 0 0 {steal} 0 0\ncpu0\ncpu1\n"))
                .unwrap()
        };
        let between = ticks(1_190, 2_005, 305).since(ticks(1_000, 2_000, 300));
        assert_eq!(between, ticks(190, 5, 5));
        let found = Interference::new(1_000.0 * MS, Some(1_700.0 * MS), Some(between));
        assert!((found.foreign_share.unwrap() - 0.10).abs() < 1e-9, "{found:?}");
        assert!((found.own_share.unwrap() - 0.85).abs() < 1e-9, "{found:?}");
        assert!((found.steal_share.unwrap() - 0.025).abs() < 1e-9, "{found:?}");
        assert_eq!(found.exclusion_reason().unwrap(), "foreign cpu 10.0 % > 3 %");

        let both = exclusion_reason(10_000.0, 17_580.0, 1_900, 0, 100).unwrap();
        assert_eq!(both, "foreign cpu 7.1 % > 3 %, steal 5.0 % > 2 %");
    }

    /// This process uses the whole machine, and the counters disagree as much as they may.
    #[test]
    fn work_of_this_process_is_not_foreign() {
        assert_eq!(exclusion_reason(1_000.0, 2_000.0, 200, 0, 0), None);
        // Each of two running threads is one tick behind, and each core has begun a tick.
        assert_eq!(exclusion_reason(1_000.0, 1_980.0, 202, 0, 0), None);
        assert_eq!(exclusion_reason(100.0, 180.0, 20, 0, 0), None);
        // A process that a timer wakes after each tick is never seen by the ticks.
        assert_eq!(exclusion_reason(1_000.0, 800.0, 10, 190, 0), None);
        assert_eq!(interference(1_000.0, 800.0, 10, 190, 0).foreign_share, Some(0.0));
    }

    /// 3 % of a tenth of a second are a third of a tick, which cannot be seen; a quarter can.
    #[test]
    fn a_short_interval_is_excluded_only_beyond_its_resolution() {
        assert_eq!(exclusion_reason(100.0, 160.0, 20, 0, 0), None);
        assert_eq!(exclusion_reason(100.0, 150.0, 20, 0, 0).unwrap(), "foreign cpu 25.0 % > 3 %");
        assert_eq!(exclusion_reason(100.0, 198.0, 16, 0, 4), None);
        assert_eq!(exclusion_reason(5.0, 0.0, 1, 0, 0), None);
    }

    /// A process that alternates between sleep and work is seen at some ticks by chance. That
    /// chance must not look like the work of another program.
    #[test]
    fn sampling_error_alone_excludes_nothing() {
        let mut rng = Rng::with_seed(51);
        for _ in 0..2_000 {
            let share = rng.f64();
            let ticks: u64 = [20, 100, 200, 2_000][rng.usize(..4)];
            let busy = (0..ticks).filter(|_| rng.f64() < share).count() as u64;
            let wall = ticks as f64 * 5.0;
            let reason = exclusion_reason(wall, wall * 2.0 * share, busy, ticks - busy, 0);
            assert_eq!(reason, None, "{share} of {ticks} ticks, {busy} busy");
        }
    }

    /// A system that reports nothing must not make every block excluded.
    #[test]
    fn unknown_interference_excludes_nothing() {
        let unknown = Interference::new(MS, None, None);
        assert_eq!((unknown.foreign_share, unknown.exclusion_reason()), (None, None));
        let zero = Ticks { busy: 0, idle: 0, steal: 0, cores: 2 };
        assert_eq!(Interference::new(MS, Some(MS), Some(zero)).exclusion_reason(), None);
        let now = CpuCounters::now();
        assert_eq!(Interference::between(&now, &now).exclusion_reason(), None);
    }
}
