//! Processor time and context switches of this process.

/// Processor time and context switches of all threads of this process since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in nanoseconds: in the program, and in the system on its behalf.
    ///
    /// It is exact to a microsecond for the calling thread and for threads that wait. For each
    /// other running thread it is up to one tick of the system, a few milliseconds, behind.
    pub cpu_ns: u64,
    /// How often a thread gave up its processor to wait.
    pub switches_voluntary: u64,
    /// How often the system preempted a thread that could have continued.
    pub switches_forced: u64,
}

impl Usage {
    /// Returns the usage until now; `None` on systems without `getrusage`.
    pub fn now() -> Option<Usage> {
        imp::now()
    }

    /// Returns the usage of all child processes that this process has waited for; `None` on systems
    /// without `getrusage`.
    pub fn of_children() -> Option<Usage> {
        imp::of_children()
    }

    /// Returns the sum of two usages.
    pub fn and(self, other: Usage) -> Usage {
        Usage {
            cpu_ns: self.cpu_ns + other.cpu_ns,
            switches_voluntary: self.switches_voluntary + other.switches_voluntary,
            switches_forced: self.switches_forced + other.switches_forced,
        }
    }

    /// Returns the usage since `earlier`; zero where `earlier` is larger.
    pub fn since(self, earlier: Usage) -> Usage {
        Usage {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            switches_voluntary: self.switches_voluntary.saturating_sub(earlier.switches_voluntary),
            switches_forced: self.switches_forced.saturating_sub(earlier.switches_forced),
        }
    }
}

#[cfg(unix)]
mod imp {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike,
    };

    use super::Usage;

    pub(super) fn now() -> Option<Usage> {
        usage_of(UsageWho::RUSAGE_SELF)
    }

    pub(super) fn of_children() -> Option<Usage> {
        usage_of(UsageWho::RUSAGE_CHILDREN)
    }

    fn usage_of(target: UsageWho) -> Option<Usage> {
        let usage = getrusage(target).ok()?;
        let cpu_ns = usage.user_time().num_nanoseconds() + usage.system_time().num_nanoseconds();
        Some(Usage {
            cpu_ns: u64::try_from(cpu_ns).ok()?,
            switches_voluntary: u64::try_from(usage.voluntary_context_switches()).ok()?,
            switches_forced: u64::try_from(usage.involuntary_context_switches()).ok()?,
        })
    }
}

#[cfg(not(unix))]
mod imp {
    use super::Usage;

    pub(super) fn now() -> Option<Usage> {
        None
    }

    pub(super) fn of_children() -> Option<Usage> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// A usage that did not grow would make all work of this process count as foreign.
    #[cfg(unix)]
    #[test]
    fn work_increases_usage() {
        let before = Usage::now().unwrap();
        let limit = Instant::now() + Duration::from_secs(30);
        while Usage::now().unwrap().since(before).cpu_ns < 20_000_000 {
            assert!(Instant::now() < limit, "30 s of work used less than 20 ms of processor time");
        }
    }

    /// Work of a child process must not count as foreign and exclude the block it was measured in.
    #[cfg(unix)]
    #[test]
    fn a_child_counts_after_it_was_waited_for() {
        let before = Usage::of_children().unwrap();
        let status = std::process::Command::new("true").status().unwrap();
        assert!(status.success());
        let child = Usage::of_children().unwrap().since(before);
        assert!(child.cpu_ns > 0, "{child:?}");
        let sum = Usage { cpu_ns: 1, switches_voluntary: 2, switches_forced: 3 }.and(child);
        assert_eq!(
            sum.since(child),
            Usage { cpu_ns: 1, switches_voluntary: 2, switches_forced: 3 }
        );
    }

    /// Counters in the wrong order must give zero, and not underflow to five hundred years.
    #[test]
    fn usage_is_never_negative() {
        let later = Usage { cpu_ns: 9, switches_voluntary: 9, switches_forced: 9 };
        assert_eq!(Usage::default().since(later), Usage::default());
        assert_eq!(later.since(Usage::default()), later);
    }
}
