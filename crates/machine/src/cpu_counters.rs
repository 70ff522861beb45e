//! Counters of processor time: of the machine and of this process.

use std::{fs, time::Instant};

use super::Usage;

/// One reading of the counters. Two readings give the
/// [`Interference`](super::Interference) between them.
#[derive(Debug, Clone, Copy)]
pub struct CpuCounters {
    pub(super) at: Instant,
    pub(super) usage: Option<Usage>,
    pub(super) ticks: Option<Ticks>,
}

impl CpuCounters {
    /// Reads the counters, which takes some tens of microseconds.
    pub fn now() -> CpuCounters {
        let ticks = fs::read_to_string("/proc/stat").ok().and_then(|text| Ticks::parse(&text));
        CpuCounters { at: Instant::now(), usage: Usage::now(), ticks }
    }

    /// Reads the counters, and counts the usage of child processes as that of this process. A child
    /// counts after it was waited for; while it runs, its usage is foreign.
    pub fn with_children() -> CpuCounters {
        let counters = CpuCounters::now();
        let children = Usage::of_children();
        let usage = counters.usage.zip(children).map(|(own, children)| own.and(children));
        CpuCounters { usage, ..counters }
    }
}

/// Counters of all processors together since the machine started, in ticks, usually of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    /// A program ran, or an interrupt was handled.
    pub(super) busy: u64,
    /// No program was runnable, or it waited for a disk.
    pub(super) idle: u64,
    /// A program was runnable, and the host gave the processor to another virtual machine.
    pub(super) steal: u64,
    /// Processors that are online.
    pub(super) cores: u64,
}

impl Ticks {
    /// Parses the text of `/proc/stat`, as
    /// [proc_stat(5)](https://man7.org/linux/man-pages/man5/proc_stat.5.html) describes it.
    pub(super) fn parse(text: &str) -> Option<Ticks> {
        let total = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let numbers: Option<Vec<u64>> =
            total.split_whitespace().map(|number| number.parse().ok()).collect();
        // The columns after these are the time of guests, which the first two columns include.
        let [user, nice, system, idle, disk, hard, soft, steal, ..] = numbers?[..] else {
            return None;
        };
        let is_core = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
        let cores = u64::try_from(text.lines().filter(is_core).count()).ok()?;
        let busy = user + nice + system + hard + soft;
        (cores > 0).then_some(Ticks { busy, idle: idle + disk, steal, cores })
    }

    pub(super) fn since(self, earlier: Ticks) -> Ticks {
        Ticks {
            busy: self.busy.saturating_sub(earlier.busy),
            idle: self.idle.saturating_sub(earlier.idle),
            steal: self.steal.saturating_sub(earlier.steal),
            cores: self.cores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If columns were swapped, idle time would count as foreign.
    #[test]
    fn the_columns_are_those_of_the_manual() {
        let text = "cpu  1 20 300 4000 50000 600000 7000000 80000000 9 9\n\
            cpu0 1 2 3 4 5 6 7 8 9 9\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 1 2\nctxt 3\n";
        let expected = Ticks { busy: 7_600_321, idle: 54_000, steal: 80_000_000, cores: 2 };
        assert_eq!(Ticks::parse(text), Some(expected));
    }

    /// On an old kernel, in a sandbox or on another system the counters are unknown, without panic.
    #[test]
    fn a_malformed_file_gives_no_counters() {
        for text in ["", "cpu  1 2 3 4\ncpu0 1 2 3 4", "cpu  a b c d e f g h\ncpu0", "cpu0 1 2 3"] {
            assert_eq!(Ticks::parse(text), None, "{text}");
        }
        assert_eq!(Ticks::parse("cpu  1 2 3 4 5 6 7 8\n"), None, "no processors");
    }
}
