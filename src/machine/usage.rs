//! What this process took of the machine.

/// Processor time and switches of all threads of this process since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on a processor, in nanoseconds, in the program and in the system on its behalf.
    ///
    /// It is exact to a microsecond for a thread that asks or that waits, and up to one tick of the
    /// system behind, a few milliseconds, for each other thread that runs.
    pub cpu_ns: u64,
    /// How often a thread gave its processor up, to wait for something.
    pub switches_voluntary: u64,
    /// How often one was taken off while it could have gone on.
    pub switches_forced: u64,
}

impl Usage {
    /// The usage until now; `None` on systems without `getrusage`.
    pub fn now() -> Option<Usage> {
        imp::now()
    }

    /// The usage of all processes that this one has started and waited for; `None` on systems without
    /// `getrusage`.
    pub fn of_children() -> Option<Usage> {
        imp::of_children()
    }

    /// What two have used together.
    pub fn and(self, other: Usage) -> Usage {
        Usage {
            cpu_ns: self.cpu_ns + other.cpu_ns,
            switches_voluntary: self.switches_voluntary + other.switches_voluntary,
            switches_forced: self.switches_forced + other.switches_forced,
        }
    }

    /// What was used since `earlier`.
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
        of(UsageWho::RUSAGE_SELF)
    }

    pub(super) fn of_children() -> Option<Usage> {
        of(UsageWho::RUSAGE_CHILDREN)
    }

    fn of(who: UsageWho) -> Option<Usage> {
        let usage = getrusage(who).ok()?;
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

    /// A usage that stands still would call all of our own work foreign.
    #[cfg(unix)]
    #[test]
    fn what_is_worked_is_used() {
        let before = Usage::now().unwrap();
        let limit = Instant::now() + Duration::from_secs(30);
        while Usage::now().unwrap().since(before).cpu_ns < 20_000_000 {
            assert!(Instant::now() < limit, "half a minute gave no 20 ms of processor time");
        }
    }

    /// What others did for us would be called foreign, and throw away what they were measured in.
    #[cfg(unix)]
    #[test]
    fn what_a_child_did_is_used_when_it_was_waited_for() {
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

    /// Counters read in the wrong order must not give five hundred years.
    #[test]
    fn nothing_is_used_backwards() {
        let later = Usage { cpu_ns: 9, switches_voluntary: 9, switches_forced: 9 };
        assert_eq!(Usage::default().since(later), Usage::default());
        assert_eq!(later.since(Usage::default()), later);
    }
}
