//! How many cores this process may use: the one place that counts them.
//!
//! A machine has more cores than a process may use where `taskset` or a container names those that it
//! runs on (its affinity), or where a control group limits its time (a quota). A thread for each core
//! of the machine would then wait for cores, and be measured as contention.

use std::{fs, num::NonZero, thread};

use serde::{Deserialize, Serialize};

use super::facts;

/// The cores of the machine, and what keeps this process from using all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cores {
    /// Threads of this process that can run at the same time; at least 1.
    pub usable: usize,
    /// Cores of the machine that are online, where the system says so.
    pub online: Option<usize>,
    /// Cores that this process may run on.
    pub affinity: Option<usize>,
    /// Cores at a time that its control groups allow it, such as 1.5.
    pub quota: Option<f64>,
}

/// Counts the cores of this process, as they are now.
pub fn cores() -> Cores {
    let affinity = affinity();
    let quota = facts::group_limit();
    // It rounds a quota down as well, where it finds one; a limit that it misses counts all the same.
    let parallel = thread::available_parallelism().map_or(1, NonZero::get);
    Cores { usable: usable(parallel, affinity, quota), online: online(), affinity, quota }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a quota is a small number above zero"
)]
fn usable(parallel: usize, affinity: Option<usize>, quota: Option<f64>) -> usize {
    let whole = quota.map_or(usize::MAX, |quota| quota as usize);
    parallel.min(affinity.unwrap_or(usize::MAX)).min(whole).max(1)
}

impl Cores {
    /// What keeps this process from using every core of the machine, for a person.
    pub fn limited_by(&self) -> Option<String> {
        let online = self.online?;
        let by_affinity = self.affinity.filter(|affinity| *affinity < online);
        let by_quota = self.quota.filter(|quota| *quota < online as f64);
        match (by_affinity, by_quota) {
            (None, None) => None,
            (Some(_), None) => Some("by affinity".to_owned()),
            (None, Some(quota)) => Some(format!("by a control group's quota of {quota:.2}")),
            (Some(_), Some(quota)) => {
                Some(format!("by affinity and a control group's quota of {quota:.2}"))
            }
        }
    }
}

/// The length of `0-1,4` in a file of `/sys`.
fn online() -> Option<usize> {
    listed(&fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

fn affinity() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    listed(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
}

/// How many numbers a list such as `0-1,4` has.
fn listed(text: &str) -> Option<usize> {
    let length = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        (last + 1).checked_sub(first)
    };
    text.trim().split(',').map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted wrongly is measured with too many threads.
    #[test]
    fn lists_of_cores_are_counted() {
        for (text, count) in [("0\n", 1), ("\t0-1\n", 2), ("0-3,8,10-11", 7)] {
            assert_eq!(listed(text), Some(count), "{text}");
        }
        for text in ["", "x", "3-1", "0,,1"] {
            assert_eq!(listed(text), None, "{text}");
        }
    }

    /// A core and a half runs one thread without stopping it, and no limit leaves none.
    #[test]
    fn a_quota_is_rounded_down_to_one_at_least() {
        assert_eq!(usable(4, Some(4), None), 4);
        assert_eq!(usable(4, Some(2), Some(8.0)), 2);
        assert_eq!(usable(4, Some(4), Some(1.5)), 1);
        assert_eq!(usable(4, Some(4), Some(0.2)), 1);
        assert_eq!(usable(4, None, Some(3.9)), 3);
    }

    /// A person who wonders why half of the machine is idle reads the reason.
    #[test]
    fn what_limits_a_process_is_named() {
        let of =
            |online, affinity, quota| Cores { usable: 1, online, affinity, quota }.limited_by();
        assert_eq!(of(Some(2), Some(2), None), None);
        assert_eq!(of(None, Some(1), None), None);
        assert_eq!(of(Some(2), Some(1), None).unwrap(), "by affinity");
        let quota = "by a control group's quota of 1.50";
        assert_eq!(of(Some(2), Some(2), Some(1.5)).unwrap(), quota);
        assert!(of(Some(4), Some(2), Some(1.5)).unwrap().starts_with("by affinity and a "));
    }
}
