//! What the program takes for the cores that it may use.

use std::process::{Command, Output};

use super::stdout;

/// Runs the program where it may use one core alone; `None` where there is but one, or no `taskset`.
fn on_one_core(arguments: &[&str]) -> Option<Output> {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let command = || Command::new("taskset");
    if all < 2 || command().args(["-c", "0", "true"]).status().is_err() {
        use std::io::Write;
        std::io::stderr()
            .write_all(b"SKIPPED: one core of several: needs two, and taskset\n")
            .unwrap();
        return None;
    }
    Some(
        command().args(["-c", "0", env!("CARGO_BIN_EXE_hotrow")]).args(arguments).output().unwrap(),
    )
}

/// "A thread for each core" on one core of two is one thread: two would measure how they wait for it.
#[test]
fn a_thread_for_each_core_is_one_where_one_core_is_allowed() {
    let run = ["run", "mutex", "cas", "--blocks", "1", "--format", "csv"];
    let Some(output) = on_one_core(&run) else { return };
    let rows = stdout(&output);
    let mut cells = rows.lines().skip(1).peekable();
    assert!(cells.peek().is_some() && cells.all(|row| row.contains("/threads=1/")), "{rows}");
}

/// What is looked at before a run is what the run then uses, and says why it is not all.
#[test]
fn the_doctor_says_what_limits_the_cores() {
    let Some(output) = on_one_core(&["doctor", "--seconds", "1", "--json"]) else { return };
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let cores = findings.iter().find(|finding| finding["name"] == "cores").unwrap();
    let value = cores["value"].as_str().unwrap();
    assert!(value.starts_with("1 of ") && value.ends_with(", by affinity"), "{value}");
    assert_eq!(cores["judgement"], "warning");
}
