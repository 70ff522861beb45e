//! What a machine and this process have done until a moment.

use std::{fs, time::Instant};

use super::Usage;

/// Taken before and after something, to tell what happened between.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    pub(super) at: Instant,
    pub(super) usage: Option<Usage>,
    pub(super) ticks: Option<Ticks>,
}

impl Tally {
    /// Reads the counters, in some tens of microseconds.
    pub fn now() -> Tally {
        let ticks = fs::read_to_string("/proc/stat").ok().and_then(|text| Ticks::of(&text));
        Tally { at: Instant::now(), usage: Usage::now(), ticks }
    }

    /// The same for a process that has others work for it: what those took that it has started and
    /// waited for is its own. While one of them runs, what it takes is foreign.
    pub fn with_children() -> Tally {
        let tally = Tally::now();
        let children = Usage::of_children();
        let usage = tally.usage.zip(children).map(|(own, children)| own.and(children));
        Tally { usage, ..tally }
    }
}

/// Counters of all processors together since the machine began, in ticks, usually of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    /// Something ran, or an interrupt was handled.
    pub(super) busy: u64,
    /// Nothing had to run, or it waited for a disk.
    pub(super) idle: u64,
    /// Something had to run, and the host gave the processor to another machine.
    pub(super) steal: u64,
    /// Processors that are on.
    pub(super) cores: u64,
}

impl Ticks {
    /// Reads the text of `/proc/stat`, as proc(5) describes it.
    pub(super) fn of(text: &str) -> Option<Ticks> {
        let of_all = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let numbers: Option<Vec<u64>> =
            of_all.split_whitespace().map(|number| number.parse().ok()).collect();
        // Time given to guests follows, and is in the first two already.
        let [user, nice, system, idle, disk, hard, soft, steal, ..] = numbers?[..] else {
            return None;
        };
        let of_one = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
        let cores = u64::try_from(text.lines().filter(of_one).count()).ok()?;
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

    /// A column taken for its neighbour would make idle time foreign.
    #[test]
    fn the_columns_are_those_of_the_manual() {
        let text = "cpu  1 20 300 4000 50000 600000 7000000 80000000 9 9\n\
            cpu0 1 2 3 4 5 6 7 8 9 9\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 1 2\nctxt 3\n";
        let expected = Ticks { busy: 7_600_321, idle: 54_000, steal: 80_000_000, cores: 2 };
        assert_eq!(Ticks::of(text), Some(expected));
    }

    /// An old kernel, a sandbox or another system: not known, and no panic.
    #[test]
    fn what_is_not_understood_is_not_known() {
        for text in ["", "cpu  1 2 3 4\ncpu0 1 2 3 4", "cpu  a b c d e f g h\ncpu0", "cpu0 1 2 3"] {
            assert_eq!(Ticks::of(text), None, "{text}");
        }
        assert_eq!(Ticks::of("cpu  1 2 3 4 5 6 7 8\n"), None, "no processors");
    }
}
