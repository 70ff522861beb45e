//! What the program takes for the cores that it may use.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::{self, Command, Output},
    thread,
    time::{Duration, Instant},
};

use super::{Scratch, stdout};

/// A thread for each core, measured as shortly as can be.
const RUN: [&str; 5] = ["run", "mutex", "cas", "--blocks", "1"];

const DOCTOR: [&str; 4] = ["doctor", "--seconds", "1", "--json"];

/// How long the kernel may take to see that the last process of a group has ended.
const EMPTY_WITHIN: Duration = Duration::from_secs(5);

fn has_two_cores() -> bool {
    thread::available_parallelism().map_or(1, usize::from) >= 2
}

/// Says so even where the output of tests is captured.
fn skip(why: &str) {
    io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

/// Runs the program where it may use one core alone; `None` where there is but one, or no `taskset`.
fn on_one_core(arguments: &[&str]) -> Option<Output> {
    let command = || Command::new("taskset");
    if !has_two_cores() || command().args(["-c", "0", "true"]).status().is_err() {
        skip("one core of several: needs two, and taskset");
        return None;
    }
    let hotrow = env!("CARGO_BIN_EXE_hotrow");
    Some(command().args(["-c", "0", hotrow]).args(arguments).output().unwrap())
}

/// A control group of its own that may use a core and a half, gone when this is dropped.
struct Group(PathBuf);

impl Group {
    /// `None` where groups cannot be made or have no quota, as without root.
    fn new(name: &str) -> Option<Group> {
        let groups = [
            ("/sys/fs/cgroup", "cpu.max", "150000 100000"),
            ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "150000"),
        ];
        let made = groups.into_iter().find_map(|(root, file, quota)| {
            let folder = PathBuf::from(root).join(format!("hotrow-{name}-{}", process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Group(folder);
            // A file that the kernel did not put there is no quota.
            let has_quota = group.0.join(file).exists();
            (has_quota && fs::write(group.0.join(file), quota).is_ok()).then_some(group)
        });
        if made.is_none() || !has_two_cores() {
            skip("a quota of a control group: needs two cores, and root over control groups");
        }
        made.filter(|_| has_two_cores())
    }

    /// Runs the program inside.
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

/// Whether every row is of one thread.
fn are_of_one_thread(rows: &str) -> bool {
    let mut cells = rows.lines().skip(1).peekable();
    cells.peek().is_some() && cells.all(|row| row.contains("/threads=1/"))
}

/// What the doctor says of cores.
fn cores_found(output: &Output) -> String {
    let found: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let cores = findings.iter().find(|finding| finding["name"] == "cores").unwrap();
    assert_eq!(cores["judgement"], "warning");
    cores["value"].as_str().unwrap().to_owned()
}

/// "A thread for each core" on one core of two is one thread: two would measure how they wait for it.
#[test]
fn a_thread_for_each_core_is_one_where_one_core_is_allowed() {
    let Some(output) = on_one_core(&[&RUN[..], &["--format", "csv"]].concat()) else { return };
    let rows = stdout(&output);
    assert!(are_of_one_thread(&rows), "{rows}");
}

/// What is looked at before a run is what the run then uses, and says why it is not all.
#[test]
fn the_doctor_says_what_limits_the_cores() {
    let Some(output) = on_one_core(&DOCTOR) else { return };
    let value = cores_found(&output);
    assert!(value.starts_with("1 of ") && value.ends_with(", by affinity"), "{value}");
}

/// A container is mostly limited by a quota: a second thread would be stopped half of the time, and
/// that is no contention. The run says what it was limited by.
#[test]
fn a_quota_limits_the_threads_and_is_recorded() {
    let Some(group) = Group::new("quota") else { return };
    let value = cores_found(&group.run(&DOCTOR));
    assert!(value.starts_with("1 of "), "{value}");
    assert!(value.ends_with("by a control group's quota of 1.50"), "{value}");

    let scratch = Scratch::new("quota");
    let results = scratch.path("results");
    let saved = ["--format", "csv", "--results", results.to_str().unwrap()];
    let rows = stdout(&group.run(&[&RUN[..], &saved].concat()));
    assert!(are_of_one_thread(&rows), "{rows}");
    let text = fs::read_to_string(results.join("env.json")).unwrap();
    let environment: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(environment["cores"], 1, "{text}");
    assert_eq!(environment["core_limits"]["quota"], 1.5, "{text}");
}
