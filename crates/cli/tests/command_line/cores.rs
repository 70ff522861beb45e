//! The number of cores that the program uses under an affinity and under a quota.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::{self, Command, Output},
    thread,
    time::{Duration, Instant},
};

use super::stdout;

/// The shortest run, with a thread for each core.
const RUN: [&str; 5] = ["run", "mutex", "cas", "--blocks", "1"];

const DOCTOR: [&str; 4] = ["doctor", "--seconds", "1", "--json"];

/// The longest time after which a group without processes can be removed.
const EMPTY_WITHIN: Duration = Duration::from_secs(5);

fn has_two_cores() -> bool {
    thread::available_parallelism().map_or(1, usize::from) >= 2
}

/// Reports a skipped test, even if the output of tests is captured.
fn skip(reason: &str) {
    io::stderr().write_all(format!("SKIPPED: {reason}\n").as_bytes()).unwrap();
}

/// Runs the program on one core; `None` if the machine has only one, or no `taskset`.
fn on_one_core(arguments: &[&str]) -> Option<Output> {
    let command = || Command::new("taskset");
    if !has_two_cores() || command().args(["-c", "0", "true"]).status().is_err() {
        skip("one core of several: needs two, and taskset");
        return None;
    }
    let hotrow = env!("CARGO_BIN_EXE_hotrow");
    Some(command().args(["-c", "0", hotrow]).args(arguments).output().unwrap())
}

/// A control group with a quota of one and a half cores, which is removed when this is dropped.
struct Group(PathBuf);

impl Group {
    /// Creates a group; `None` if that is not possible, for example without root.
    fn new(name: &str) -> Option<Group> {
        let groups = [
            ("/sys/fs/cgroup", "cpu.max", "150000 100000"),
            ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "150000"),
        ];
        let created = groups.into_iter().find_map(|(root, file, quota)| {
            let folder = PathBuf::from(root).join(format!("hotrow-{name}-{}", process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Group(folder);
            // Only a file that the kernel created sets a quota.
            let has_quota = group.0.join(file).exists();
            (has_quota && fs::write(group.0.join(file), quota).is_ok()).then_some(group)
        });
        if created.is_none() || !has_two_cores() {
            skip("a quota of a control group: needs two cores, and root over control groups");
        }
        created.filter(|_| has_two_cores())
    }

    /// Runs the program in the group.
    fn run(&self, arguments: &[&str]) -> Output {
        let enter = r#"echo $$ > "$0/cgroup.procs" && exec "$@""#;
        let mut command = Command::new("sh");
        command.args(["-c", enter]).arg(&self.0).arg(env!("CARGO_BIN_EXE_hotrow"));
        command.args(arguments).output().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let begin = Instant::now();
        while fs::remove_dir(&self.0).is_err() && begin.elapsed() < EMPTY_WITHIN {
            thread::yield_now();
        }
    }
}

/// Returns whether there are rows, and all are of one thread.
fn are_of_one_thread(rows: &str) -> bool {
    let mut rows = rows.lines().skip(1).peekable();
    rows.peek().is_some() && rows.all(|row| row.contains("/threads=1/"))
}

/// Returns the value of the doctor's finding about cores, which is a warning.
fn cores_found(output: &Output) -> String {
    let found: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let cores = findings.iter().find(|finding| finding["name"] == "cores").unwrap();
    assert_eq!(cores["judgement"], "warning");
    cores["value"].as_str().unwrap().to_owned()
}

/// On one allowed core of two, `threads:cores` is one thread: two threads would wait for the core.
#[test]
fn one_allowed_core_gives_one_thread() {
    let Some(output) = on_one_core(&[&RUN[..], &["--format", "csv"]].concat()) else { return };
    let rows = stdout(&output);
    assert!(are_of_one_thread(&rows), "{rows}");
}

/// The doctor counts the same cores as a run, and names the limit.
#[test]
fn the_doctor_names_the_limit_of_cores() {
    let Some(output) = on_one_core(&DOCTOR) else { return };
    let value = cores_found(&output);
    assert!(value.starts_with("1 of ") && value.ends_with(", by affinity"), "{value}");
}

/// A container usually has a quota. With a quota of one and a half cores, a second thread would be
/// throttled half of the time, which is not contention. The environment of the run has the quota.
#[test]
fn a_quota_limits_the_threads_and_is_recorded() {
    let Some(group) = Group::new("quota") else { return };
    let value = cores_found(&group.run(&DOCTOR));
    assert!(value.starts_with("1 of "), "{value}");
    assert!(value.ends_with("by a control group's quota of 1.50"), "{value}");

    let scratch = tempfile::tempdir().unwrap();
    let results = scratch.path().join("results");
    let saved = ["--format", "csv", "--results", results.to_str().unwrap()];
    let rows = stdout(&group.run(&[&RUN[..], &saved].concat()));
    assert!(are_of_one_thread(&rows), "{rows}");
    let text = fs::read_to_string(results.join("env.json")).unwrap();
    let environment: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(environment["cores"], 1, "{text}");
    assert_eq!(environment["core_limits"]["quota"], 1.5, "{text}");
}
