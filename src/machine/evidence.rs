//! Whether others took so much of the machine that what was measured meanwhile does not count.
//!
//! The system counts in ticks, usually of 10 ms, and this process' own time is exact but for threads
//! that run just now ([`Usage`](super::Usage)). So each processor's count can be off by a tick, and
//! our own by another: two ticks a core are the grain, 2 % of a second and 20 % of a tenth. Where
//! processors are partly idle, a tick is also a sample of who runs, and two standard errors of that
//! are added for foreign time. Nothing is objected to that is not beyond the limit by more than
//! these errors. So an interval of 100 ms is objected to if others took a quarter of it, one of a
//! second at 5 % if it was busy throughout, and one of ten seconds at 3.2 %. Between the limit and
//! that, a disturbance is not seen: take a tally over more.
//!
//! What our own sleeping threads do when a timer wakes them lies behind the tick that woke them and
//! is missed rather than counted twice. The difference is then below zero, and taken for none.

use super::{Tally, tally::Ticks};

/// Processor time of others, as a share of the machine. Above it strategies of one block were not
/// run on the same machine: it is half of what a block of two threads can tell apart.
pub const FOREIGN_MAX: f64 = 0.03;

/// Processor time that the host gave to other machines, as a share of this one. It comes in pieces
/// of milliseconds, which stop whoever holds a lock.
pub const STEAL_MAX: f64 = 0.02;

/// Ticks that the count of each core can be off by: one for the system's, one for our own.
const GRAIN_TICKS: u64 = 2;

/// How many standard errors of sampling are given.
const SAMPLING_ERRORS: f64 = 2.0;

/// What a machine did between two tallies. What the system does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Processor time of others and of interrupts, as a share of the machine.
    pub foreign_share: Option<f64>,
    /// Processor time that the host gave to other machines, as a share of this one.
    pub steal_share: Option<f64>,
    /// Processor time of this process, as a share of the machine.
    pub own_share: Option<f64>,
    /// How far off the foreign share can be.
    pub foreign_error: f64,
    /// How far off the stolen share can be.
    pub steal_error: f64,
}

impl Evidence {
    /// Compares two tallies of which `before` is the earlier.
    pub fn between(before: &Tally, after: &Tally) -> Evidence {
        let wall_ns = after.at.saturating_duration_since(before.at).as_nanos();
        let own_ns =
            after.usage.zip(before.usage).map(|(after, before)| after.since(before).cpu_ns);
        let ticks = after.ticks.zip(before.ticks).map(|(after, before)| after.since(before));
        Evidence::of(wall_ns as f64, own_ns.map(|own_ns| own_ns as f64), ticks)
    }

    fn of(wall_ns: f64, own_ns: Option<f64>, ticks: Option<Ticks>) -> Evidence {
        let mut evidence = Evidence {
            foreign_share: None,
            steal_share: None,
            own_share: None,
            foreign_error: 0.0,
            steal_error: 0.0,
        };
        let Some(ticks) = ticks else { return evidence };
        let total = (ticks.busy + ticks.idle + ticks.steal) as f64;
        if wall_ns <= 0.0 || total <= 0.0 {
            return evidence;
        }
        let busy = ticks.busy as f64 / total;
        let grain = (GRAIN_TICKS * ticks.cores) as f64 / total;
        let sampling = (busy * (1.0 - busy) / total).sqrt();
        evidence.own_share = own_ns.map(|own_ns| own_ns / wall_ns / ticks.cores as f64);
        evidence.foreign_share = evidence.own_share.map(|own| (busy - own).max(0.0));
        evidence.foreign_error = grain + SAMPLING_ERRORS * sampling;
        evidence.steal_share = Some(ticks.steal as f64 / total);
        evidence.steal_error = grain;
        evidence
    }

    /// Why what was measured meanwhile does not count, such as `foreign cpu 7.1 % > 3 %`.
    pub fn objection(&self) -> Option<String> {
        let beyond = |name: &str, share: Option<f64>, error: f64, limit: f64| {
            let share = share.filter(|share| share - error > limit)?;
            Some(format!("{name} {:.1} % > {:.0} %", share * 100.0, limit * 100.0))
        };
        let foreign = beyond("foreign cpu", self.foreign_share, self.foreign_error, FOREIGN_MAX);
        let steal = beyond("steal", self.steal_share, self.steal_error, STEAL_MAX);
        let told: Vec<String> = foreign.into_iter().chain(steal).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const MS: f64 = 1e6;

    /// Two cores for `wall` milliseconds, of which we had `own` milliseconds of processor.
    fn evidence(wall: f64, own: f64, busy: u64, idle: u64, steal: u64) -> Evidence {
        let ticks = Ticks { busy, idle, steal, cores: 2 };
        Evidence::of(wall * MS, Some(own * MS), Some(ticks))
    }

    fn objection(wall: f64, own: f64, busy: u64, idle: u64, steal: u64) -> Option<String> {
        evidence(wall, own, busy, idle, steal).objection()
    }

    /// What is told is what a row keeps as its reason: by hand from texts of `/proc/stat`.
    #[test]
    fn what_others_took_is_objected_to() {
        let ticks = |busy: u64, idle: u64, steal: u64| {
            Ticks::of(&format!("cpu  {busy} 0 0 {idle} 0 0 0 {steal} 0 0\ncpu0\ncpu1\n")).unwrap()
        };
        let between = ticks(1_190, 2_005, 305).since(ticks(1_000, 2_000, 300));
        assert_eq!(between, ticks(190, 5, 5));
        let evidence = Evidence::of(1_000.0 * MS, Some(1_700.0 * MS), Some(between));
        assert!((evidence.foreign_share.unwrap() - 0.10).abs() < 1e-9, "{evidence:?}");
        assert!((evidence.own_share.unwrap() - 0.85).abs() < 1e-9, "{evidence:?}");
        assert!((evidence.steal_share.unwrap() - 0.025).abs() < 1e-9, "{evidence:?}");
        assert_eq!(evidence.objection().unwrap(), "foreign cpu 10.0 % > 3 %");

        let both = objection(10_000.0, 17_580.0, 1_900, 0, 100).unwrap();
        assert_eq!(both, "foreign cpu 7.1 % > 3 %, steal 5.0 % > 2 %");
    }

    /// The whole of a machine is ours, and the counters disagree by what they may.
    #[test]
    fn our_own_work_is_not_foreign() {
        assert_eq!(objection(1_000.0, 2_000.0, 200, 0, 0), None);
        // Two threads that run are a tick behind each, and each core began a tick.
        assert_eq!(objection(1_000.0, 1_980.0, 202, 0, 0), None);
        assert_eq!(objection(100.0, 180.0, 20, 0, 0), None);
        // Woken by a timer behind each tick, we are never seen.
        assert_eq!(objection(1_000.0, 800.0, 10, 190, 0), None);
        assert_eq!(evidence(1_000.0, 800.0, 10, 190, 0).foreign_share, Some(0.0));
    }

    /// 3 % of a tenth of a second are a third of a tick; a quarter is seen all the same.
    #[test]
    fn a_short_interval_is_only_objected_to_beyond_its_grain() {
        assert_eq!(objection(100.0, 160.0, 20, 0, 0), None);
        assert_eq!(objection(100.0, 150.0, 20, 0, 0).unwrap(), "foreign cpu 25.0 % > 3 %");
        assert_eq!(objection(100.0, 198.0, 16, 0, 4), None);
        assert_eq!(objection(5.0, 0.0, 1, 0, 0), None);
    }

    /// A process that sleeps and works by turns is seen or not at each tick. However chance has it,
    /// that must not become somebody else's work.
    #[test]
    fn sampling_alone_is_no_evidence() {
        let mut rng = Rng::with_seed(51);
        for _ in 0..2_000 {
            let share = rng.f64();
            let ticks: u64 = [20, 100, 200, 2_000][rng.usize(..4)];
            let busy = (0..ticks).filter(|_| rng.f64() < share).count() as u64;
            let wall = ticks as f64 * 5.0;
            let told = objection(wall, wall * 2.0 * share, busy, ticks - busy, 0);
            assert_eq!(told, None, "{share} of {ticks} ticks, {busy} busy");
        }
    }

    /// Another system tells nothing, and a block is not to be thrown away for that.
    #[test]
    fn what_is_not_known_is_not_objected_to() {
        let silent = Evidence::of(MS, None, None);
        assert_eq!((silent.foreign_share, silent.objection()), (None, None));
        let zero = Ticks { busy: 0, idle: 0, steal: 0, cores: 2 };
        assert_eq!(Evidence::of(MS, Some(MS), Some(zero)).objection(), None);
        let now = Tally::now();
        assert_eq!(Evidence::between(&now, &now).objection(), None);
    }
}
