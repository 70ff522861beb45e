//! The number of cores that this process may use; no other module counts them.
//!
//! A process may use fewer cores than the machine has: `taskset` or a container names the cores it
//! runs on (its affinity), or a control group limits its processor time (a quota). If there were a
//! thread for each core of the machine, threads would then wait for cores, and the measurement
//! would show that wait as contention.

use std::{fs, num::NonZero, thread};

use serde::{Deserialize, Serialize};

use super::facts;

/// The cores of the machine, and the limits on how many of them this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cores {
    /// Threads of this process that can run at the same time; at least 1.
    pub usable: usize,
    /// Cores of the machine that are online, if the system reports them.
    pub online: Option<usize>,
    /// Cores that this process may run on.
    pub affinity: Option<usize>,
    /// Cores at a time that its control groups allow, such as 1.5.
    pub quota: Option<f64>,
}

/// Counts the cores that this process may use now.
pub fn cores() -> Cores {
    let affinity = affinity();
    let quota = facts::group_limit();
    // The standard library also rounds a quota down, but it does not find every limit.
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
    /// Describes what keeps this process from using every core; `None` if nothing does.
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

/// Counts the cores in a list such as `0-1,4` in a file of `/sys`.
fn online() -> Option<usize> {
    list_len(&fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

fn affinity() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    list_len(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
}

/// Counts the numbers in a list such as `0-1,4`; `None` if it is malformed.
fn list_len(text: &str) -> Option<usize> {
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

    /// A wrong count would start too many threads.
    #[test]
    fn cores_in_a_list_are_counted() {
        for (text, count) in [("0\n", 1), ("\t0-1\n", 2), ("0-3,8,10-11", 7)] {
            assert_eq!(list_len(text), Some(count), "{text}");
        }
        for text in ["", "x", "3-1", "0,,1"] {
            assert_eq!(list_len(text), None, "{text}");
        }
    }

    /// A quota of one and a half cores runs only one thread without throttling it. Even a quota
    /// below one core leaves one.
    #[test]
    fn a_quota_is_rounded_down_to_at_least_one() {
        assert_eq!(usable(4, Some(4), None), 4);
        assert_eq!(usable(4, Some(2), Some(8.0)), 2);
        assert_eq!(usable(4, Some(4), Some(1.5)), 1);
        assert_eq!(usable(4, Some(4), Some(0.2)), 1);
        assert_eq!(usable(4, None, Some(3.9)), 3);
    }

    /// The user must be able to see why half of the machine is idle.
    #[test]
    fn the_limit_of_a_process_is_named() {
        let limited_by =
            |online, affinity, quota| Cores { usable: 1, online, affinity, quota }.limited_by();
        assert_eq!(limited_by(Some(2), Some(2), None), None);
        assert_eq!(limited_by(None, Some(1), None), None);
        assert_eq!(limited_by(Some(2), Some(1), None).unwrap(), "by affinity");
        let quota = "by a control group's quota of 1.50";
        assert_eq!(limited_by(Some(2), Some(2), Some(1.5)).unwrap(), quota);
        let both = limited_by(Some(4), Some(2), Some(1.5)).unwrap();
        assert!(both.starts_with("by affinity and a "));
    }
}
