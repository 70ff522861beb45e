//! Facts about the machine, read from files under `/proc` and `/sys`.
//!
//! Reading and parsing are separate functions, so that tests can parse files of other machines.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

/// Average number of processes that ran or waited to run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoadAverage {
    /// Over the last minute.
    pub one_minute: f64,
    /// Over the last five minutes.
    pub five_minutes: f64,
}

/// Returns the load average of the machine.
pub fn load_average() -> Option<LoadAverage> {
    parse_load(&line("/proc/loadavg")?)
}

/// Returns the name that the processor reports.
pub fn cpu_model() -> Option<String> {
    cpuinfo("model name")
}

/// Returns the host name of the machine.
pub fn name() -> Option<String> {
    line("/proc/sys/kernel/hostname")
}

/// Returns the version of the kernel.
pub fn kernel() -> Option<String> {
    line("/proc/sys/kernel/osrelease")
}

/// Returns the name of the virtual machine; `None` if the machine does not say that it is one.
pub fn hypervisor() -> Option<String> {
    let flags = cpuinfo("flags")?;
    flags.split(' ').find(|flag| *flag == "hypervisor")?;
    let vendor = line("/sys/class/dmi/id/sys_vendor").unwrap_or_default();
    let product = line("/sys/class/dmi/id/product_name").unwrap_or_default();
    let named = format!("{vendor} {product}");
    match named.trim() {
        "" => Some("yes".to_owned()),
        named => Some(named.to_owned()),
    }
}

/// Returns the share of the last ten seconds in which a runnable task waited for a processor
/// ([pressure stall information](https://docs.kernel.org/accounting/psi.html)).
pub(super) fn pressure() -> Option<f64> {
    parse_pressure(&line("/proc/pressure/cpu")?)
}

/// Returns how many processors the control groups of this process allow at a time: the tightest
/// limit of all its groups. `None` if no limit is set or known.
pub(super) fn group_limit() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = group_folders(&groups).into_iter().filter_map(|folder| {
        let file = |name: &str| line(&format!("{folder}/{name}"));
        let version_2 = file("cpu.max").and_then(|text| parse_quota(&text));
        version_2.or_else(|| {
            let (quota, period) = (file("cpu.cfs_quota_us")?, file("cpu.cfs_period_us")?);
            parse_quota(&format!("{quota} {period}"))
        })
    });
    limits.min_by(f64::total_cmp)
}

/// Returns the frequency governors of the processors, each once.
pub(super) fn governors() -> Vec<String> {
    let mut governors = each_core("cpufreq/scaling_governor");
    governors.sort();
    governors.dedup();
    governors
}

/// Returns whether two processors share one core.
pub(super) fn siblings() -> Option<bool> {
    let lists = each_core("topology/thread_siblings_list");
    (!lists.is_empty()).then(|| lists.iter().any(|list| list.contains([',', '-'])))
}

/// Returns the name of the clock source of the system.
pub(super) fn clock_source() -> Option<String> {
    line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
}

fn parse_load(text: &str) -> Option<LoadAverage> {
    let mut numbers = text.split(' ').map(str::parse);
    let (one_minute, five_minutes) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(LoadAverage { one_minute, five_minutes })
}

fn parse_pressure(text: &str) -> Option<f64> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let average = some.split(' ').find_map(|part| part.strip_prefix("avg10="))?;
    Some(average.parse::<f64>().ok()? / 100.0)
}

/// Parses a quota and its period: `200000 100000` is two processors. `max` and -1 mean no limit.
fn parse_quota(text: &str) -> Option<f64> {
    let (quota, period) = text.split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

/// Returns the folders of the groups in `/proc/self/cgroup` and of their ancestors: a limit of a
/// group holds for all groups below it.
fn group_folders(groups: &str) -> Vec<String> {
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            names if names.split(',').any(|name| name == "cpu") => "/sys/fs/cgroup/cpu",
            _ => continue,
        };
        for above in Path::new(group).ancestors() {
            let folder = format!("{root}{}", above.display());
            folders.push(folder.trim_end_matches('/').to_owned());
        }
    }
    folders
}

fn each_core(file: &str) -> Vec<String> {
    let core = |index| line(&format!("/sys/devices/system/cpu/cpu{index}/{file}"));
    // Numbers have gaps only where a processor is offline, and an offline processor has no file.
    (0..CORES_MAX).filter_map(core).collect()
}

/// The most processors that are looked for; no machine that runs this has more.
const CORES_MAX: u32 = 1_024;

fn cpuinfo(key: &str) -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn line(file: &str) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of real machines, and malformed ones.
    #[test]
    fn files_are_parsed_or_unknown() {
        let load = LoadAverage { one_minute: 0.43, five_minutes: 0.23 };
        assert_eq!(parse_load("0.43 0.23 0.79 2/83 28481"), Some(load));
        assert_eq!(parse_load(""), None);
        let pressure = "some avg10=5.09 avg60=1.28 avg300=0.67 total=8992197122\n\
            full avg10=0.00 avg60=0.00 avg300=0.00 total=0";
        assert!((parse_pressure(pressure).unwrap() - 0.0509).abs() < 1e-12);
        assert_eq!(parse_pressure("full avg10=0.00"), None);
    }

    /// A limit that is missed would make its long hiccups look like chance.
    #[test]
    fn quotas_are_processors() {
        assert_eq!(parse_quota("150000 100000"), Some(1.5));
        for unlimited in ["max 100000", "-1 100000", "", "100000", "100000 0"] {
            assert_eq!(parse_quota(unlimited), None, "{unlimited}");
        }
    }

    /// The group of a container is seldom limited itself: its parent is.
    #[test]
    fn limits_of_parent_groups_count() {
        assert_eq!(
            group_folders("0::/a.slice/b\n"),
            ["/sys/fs/cgroup/a.slice/b", "/sys/fs/cgroup/a.slice", "/sys/fs/cgroup"]
        );
        let older = "9:name=systemd:/x\n4:memory:/y\n3:cpuset:/z\n1:cpu,cpuacct:/c\n";
        assert_eq!(group_folders(older), ["/sys/fs/cgroup/cpu/c", "/sys/fs/cgroup/cpu"]);
    }
}
