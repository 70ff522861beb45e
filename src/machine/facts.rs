//! What the system tells of the machine in files of `/proc` and `/sys`. Reading is apart from
//! understanding, so that texts of other machines can be tried.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

/// Processes that ran or waited to run, on average over the time before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoadAverage {
    /// Over the last minute.
    pub one_minute: f64,
    /// Over the last five.
    pub five_minutes: f64,
}

/// The load of the machine.
pub fn load_average() -> Option<LoadAverage> {
    load_in(&line("/proc/loadavg")?)
}

/// As the processor names itself.
pub fn cpu_model() -> Option<String> {
    of_cpu("model name")
}

/// What the machine calls itself.
pub fn name() -> Option<String> {
    line("/proc/sys/kernel/hostname")
}

/// The version of the kernel.
pub fn kernel() -> Option<String> {
    line("/proc/sys/kernel/osrelease")
}

/// What the machine says of being a virtual one.
pub fn hypervisor() -> Option<String> {
    let flags = of_cpu("flags")?;
    flags.split(' ').find(|flag| *flag == "hypervisor")?;
    let vendor = line("/sys/class/dmi/id/sys_vendor").unwrap_or_default();
    let product = line("/sys/class/dmi/id/product_name").unwrap_or_default();
    let named = format!("{vendor} {product}");
    match named.trim() {
        "" => Some("yes".to_owned()),
        named => Some(named.to_owned()),
    }
}

/// The share of the last ten seconds in which something that could run had to wait.
pub(super) fn pressure() -> Option<f64> {
    pressure_in(&line("/proc/pressure/cpu")?)
}

/// How many processors this process may use at a time by its control groups, the tightest of all
/// that it is in; `None` where none is limited or known.
pub(super) fn group_limit() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = group_folders(&groups).into_iter().filter_map(|folder| {
        let file = |name: &str| line(&format!("{folder}/{name}"));
        let newer = file("cpu.max").and_then(|text| quota_in(&text));
        newer.or_else(|| {
            let (quota, period) = (file("cpu.cfs_quota_us")?, file("cpu.cfs_period_us")?);
            quota_in(&format!("{quota} {period}"))
        })
    });
    limits.min_by(f64::total_cmp)
}

/// What decides on the frequency of the processors: all the governors there are.
pub(super) fn governors() -> Vec<String> {
    let mut governors = of_each_core("cpufreq/scaling_governor");
    governors.sort();
    governors.dedup();
    governors
}

/// Whether two processors share one core.
pub(super) fn siblings() -> Option<bool> {
    let lists = of_each_core("topology/thread_siblings_list");
    (!lists.is_empty()).then(|| lists.iter().any(|list| list.contains([',', '-'])))
}

/// What the system takes the time from.
pub(super) fn clock_source() -> Option<String> {
    line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
}

fn load_in(text: &str) -> Option<LoadAverage> {
    let mut numbers = text.split(' ').map(str::parse);
    let (one_minute, five_minutes) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(LoadAverage { one_minute, five_minutes })
}

fn pressure_in(text: &str) -> Option<f64> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let average = some.split(' ').find_map(|part| part.strip_prefix("avg10="))?;
    Some(average.parse::<f64>().ok()? / 100.0)
}

/// `200000 100000`: two processors. `max` and -1 are no limit.
fn quota_in(text: &str) -> Option<f64> {
    let (quota, period) = text.split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

/// The folders of the groups in `/proc/self/cgroup`, and those above them: a limit holds for all
/// that is below.
fn group_folders(groups: &str) -> Vec<String> {
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            of if of.split(',').any(|one| one == "cpu") => "/sys/fs/cgroup/cpu",
            _ => continue,
        };
        for above in Path::new(group).ancestors() {
            let folder = format!("{root}{}", above.display());
            folders.push(folder.trim_end_matches('/').to_owned());
        }
    }
    folders
}

fn of_each_core(file: &str) -> Vec<String> {
    let core = |index| line(&format!("/sys/devices/system/cpu/cpu{index}/{file}"));
    // Numbers are given without gaps but for processors that are off, and those tell nothing.
    (0..CORES_MAX).filter_map(core).collect()
}

/// Beyond it a processor is looked for in vain on any machine that runs this.
const CORES_MAX: u32 = 1_024;

fn of_cpu(key: &str) -> Option<String> {
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

    /// Texts of real machines, and of what could stand in their place.
    #[test]
    fn files_are_understood_or_not_known() {
        let load = LoadAverage { one_minute: 0.43, five_minutes: 0.23 };
        assert_eq!(load_in("0.43 0.23 0.79 2/83 28481"), Some(load));
        assert_eq!(load_in(""), None);
        let pressure = "some avg10=5.09 avg60=1.28 avg300=0.67 total=8992197122\n\
            full avg10=0.00 avg60=0.00 avg300=0.00 total=0";
        assert!((pressure_in(pressure).unwrap() - 0.0509).abs() < 1e-12);
        assert_eq!(pressure_in("full avg10=0.00"), None);
    }

    /// A limit that is read as none explains every long gap by chance.
    #[test]
    fn quotas_are_processors() {
        assert_eq!(quota_in("150000 100000"), Some(1.5));
        for unlimited in ["max 100000", "-1 100000", "", "100000", "100000 0"] {
            assert_eq!(quota_in(unlimited), None, "{unlimited}");
        }
    }

    /// The group of a container is seldom limited itself: the one above it is.
    #[test]
    fn limits_of_groups_above_hold_too() {
        assert_eq!(
            group_folders("0::/a.slice/b\n"),
            ["/sys/fs/cgroup/a.slice/b", "/sys/fs/cgroup/a.slice", "/sys/fs/cgroup"]
        );
        let older = "9:name=systemd:/x\n4:memory:/y\n3:cpuset:/z\n1:cpu,cpuacct:/c\n";
        assert_eq!(group_folders(older), ["/sys/fs/cgroup/cpu/c", "/sys/fs/cgroup/cpu"]);
    }
}
