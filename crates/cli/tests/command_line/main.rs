//! The program as users run it: its output, its error messages and its exit codes.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod capacity;
mod cores;
mod fuzz;
mod histories;
mod kept;
mod pictures;
mod runs;
mod served;
mod stopped;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{self, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use hotrow_results::{AuditVerdict, CheckRow, StoredRun, read_rows};

fn hotrow() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotrow"));
    command.env("COLUMNS", "80").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    hotrow().args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Whether a command ended without an error. On a busy machine interference may exclude every block:
/// then, and only then, the exit code is 5, and a line says that nothing counted.
fn has_ended(output: &Output) -> bool {
    let has_counted = !stderr(output).contains("nothing counted");
    output.status.code() == Some(if has_counted { 0 } else { 5 })
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs with invalid arguments. Expects one line that contains `message`, exit code 2, and no
/// result.
fn rejected(arguments: &[&str], message: &str) {
    let output = run(arguments);
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
    assert!(line.starts_with("hotrow: ") && line.contains(message), "{arguments:?}: {line}");
}

/// A misspelt name, an unknown one, and a pair that does not fit.
#[test]
fn an_unknown_name_is_rejected_with_valid_ones() {
    rejected(&["run", "mutx"], "strategy \"mutx\" is not known: did you mean mutex?");
    rejected(&["run", "mutex", "zzz"], "there are actor, async-mutex, ");
    rejected(&["run", "a\nb"], "strategy \"a\\nb\" is not known");
    rejected(&["run", "--store", "memry"], "store \"memry\" is not known: did you mean memory?");
    rejected(&["run", "--store", "disk"], "there are memory, simulated");
    rejected(&["run", "--store", "slab"], "store `slab` is now `memory`");
    rejected(
        &["run", "mutex", "--store", "simulated"],
        "mutex does not run on simulated: it runs on memory",
    );
    rejected(&["mutex"], "to measure a strategy write `hotrow run STRATEGY`");
    rejected(&["run", "--user", "3"], "'--users'");
    rejected(&["run", "--format", "xml"], "table, csv, json");
}

/// A number with which a run would measure nothing, or never end.
#[test]
fn a_number_out_of_bounds_is_rejected_with_the_bounds() {
    rejected(&["run", "--users", "0"], "'0' for '--users <USERS>': give 1 to 1000000");
    rejected(&["run", "--users", "99999999999999"], "give 1 to 1000000");
    rejected(&["run", "--users", "-1"], "'-1'");
    rejected(&["run", "--blocks", "0"], "0 is not in 1..=1000");
    rejected(&["run", "--blocks", "1e9"], "'1e9'");
    rejected(&["run", "--clients", "0"], "threads are 1 to 256: write it as threads:2");
    rejected(&["run", "--clients", "2x"], "write it as threads:2 or tasks:64");
    rejected(&["run", "--clients", "threads:0"], "threads are 1 to 256");
    rejected(&["run", "--clients", "tasks:9999999"], "tasks are 1 to 16384");
    rejected(&["--seed", "x"], "--seed");
}

/// A malformed mix or latency, and a latency that the store does not have.
#[test]
fn an_invalid_mix_or_latency_is_rejected() {
    rejected(&["run", "--mix", "charge:45,use:45"], "mix adds up to 90: make it 100");
    rejected(&["run", "--mix", "half"], "write it like charge:45,use:45,read:10");
    rejected(&["run", "--latency", "5ms"], "write none, assignment, scaled:0.1 or fixed:5ms");
    rejected(&["run", "--latency", "fixed:5ms"], "memory has no latency");
    rejected(&["run", "--store", "simulated", "--clients", "threads:2"], "use --clients tasks:32");
}

/// An unwritable output is rejected before an hour of measuring, and leaves no trace.
#[test]
fn an_unwritable_file_is_rejected_before_anything_is_measured() {
    let scratch = tempfile::tempdir().unwrap();
    let inside = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::write(scratch.path().join("file"), "not a folder").unwrap();
    rejected(&["run", "--export-csv", &inside("no/such.csv")], "cannot write");
    rejected(&["run", "--export-csv", &inside("")], "cannot write");
    rejected(&["--export-csv", &inside("file/rows.csv")], "cannot write");
    rejected(&["run", "--results", &inside("file/run")], "cannot save in");
    rejected(&["run", "--record", &inside("no/such.jsonl")], "cannot write");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}

/// Help and lists go to standard output, and a reader that closes the pipe is no error.
#[test]
fn help_and_lists_can_be_piped() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["list", "--help"],
        &["verify", "--help"],
        &["check-history", "--help"],
        &["compare", "--help"],
        &["rank", "--help"],
        &["demo", "--help"],
        &["doctor", "--help"],
        &["report", "--help"],
        &["help"],
        &["list"],
        &["--version"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(stderr(&output), "", "{arguments:?}");
        let text = stdout(&output);
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 80), "{text}");
    }
    let listed: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["list", "--format", "json"]))).unwrap();
    assert_eq!(listed[0]["strategy"], "queue");
    assert_eq!(listed[0]["guarantees"]["linearizable"], true);

    let mut child =
        hotrow().arg("list").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

/// The doctor prints JSON for programs, and a table that fits a terminal.
#[test]
fn the_doctor_reports_findings_about_the_machine() {
    let output = run(&["doctor", "--json", "--seconds", "1"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let examination: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = examination["findings"].as_array().unwrap();
    let names: Vec<_> = findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect();
    for name in ["build", "foreign cpu", "steal", "longest hiccup", "clock", "context switch"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for finding in findings {
        let judgement = finding["judgement"].as_str().unwrap();
        assert!(["fine", "note", "warning"].contains(&judgement), "{finding}");
        assert_eq!(finding["advice"].is_string(), judgement != "fine", "{finding}");
    }

    let output = run(&["doctor", "--seconds", "1"]);
    let table = stdout(&output);
    assert!(has_ended(&output), "{}", stderr(&output));
    assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 80), "{table}");
    rejected(&["doctor", "--seconds", "0"], "give 1 to 60");
}

/// A run is stored, exported and rendered into a page, and a stale page is detected.
#[test]
fn a_run_is_saved_and_a_stale_page_is_detected() {
    let scratch = tempfile::tempdir().unwrap();
    let results = scratch.path().join("results");
    let (saved, csv) = (results.join("box/tiny"), scratch.path().join("rows.csv"));
    let output = hotrow()
        .args(["run", "mutex", "cas", "--blocks", "1", "--format", "csv", "--results"])
        .arg(&saved)
        .arg("--export-csv")
        .arg(&csv)
        .output()
        .unwrap();
    assert!(has_ended(&output), "{}", stderr(&output));
    let rows = StoredRun::load(&saved).unwrap().rows;
    assert_eq!(rows.len(), 5, "mutex, its A/A control, cas, fetch-add and noop");
    assert_eq!(fs::read_to_string(&csv).unwrap(), stdout(&output));
    assert_eq!(read_rows(&csv).unwrap(), rows);

    let page = scratch.path().join("PAGE.md");
    let prose = "prose\n<!-- BEGIN generated:ranking -->\n<!-- END generated:ranking -->\n";
    fs::write(&page, prose).unwrap();
    let report = |more: &[&str]| {
        let mut command = hotrow();
        command.arg("report").args(more).arg("--results").arg(&results).arg(&page);
        command.output().unwrap()
    };
    let stale = report(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(stderr(&stale).contains("PAGE.md; run `hotrow report`"), "{}", stderr(&stale));
    assert_eq!(fs::read_to_string(&page).unwrap(), prose);
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(report(&["--check"]).status.code(), Some(0));

    fs::write(&page, fs::read_to_string(&page).unwrap().replace("mutex", "mutant")).unwrap();
    assert_eq!(report(&["--check"]).status.code(), Some(1));
    fs::write(saved.join("measurements.csv"), "schema\n3\n").unwrap();
    let newer = stderr(&report(&["--check"]));
    assert!(newer.contains("measurements.csv:2: schema 3 is newer than 2"), "{newer}");
}

/// The pages of this repository agree with its results.
#[test]
fn the_pages_of_this_repository_are_fresh() {
    let output = hotrow()
        .args(["report", "--check"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output();
    let output = output.unwrap();
    assert!(has_ended(&output), "{}", stderr(&output));
}

/// Returns the marks of a property in the table of `hotrow verify`.
fn marks<'a>(table: &'a str, property: &str) -> &'a str {
    let row = table.lines().find_map(|line| line.strip_prefix(property));
    row.unwrap_or_else(|| panic!("there is no {property} in {table}")).trim()
}

/// A database that cannot be opened is no violation of the strategy: one line says what is wrong,
/// before anything is measured.
#[test]
fn a_database_that_cannot_be_opened_ends_the_command_with_one_line() {
    let store = "sqlite:/nowhere/points.db";
    for command in [
        &["run", "group-commit", "--store", store, "--clients", "tasks:2"][..],
        &["capacity", "group-commit", "--store", store, "--clients", "tasks:2"],
        &["serve", "--store", store, "--listen", "127.0.0.1:0", "--log", "off"],
    ] {
        let output = run(command);
        let line = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.starts_with("hotrow: ") && line.contains("/nowhere/points.db"), "{line}");
    }
}

/// The table shows which properties hold, and a counter-example of each violation.
#[test]
fn verify_shows_properties_and_counter_examples() {
    let output = run(&["verify", "queue", "--schedules", "20"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{table}{}", stderr(&output));
    assert!(table.starts_with(" a  queue on memory\n b  queue on simulated\n"), "{table}");
    // In SQLite no step can be held, so this property is not checked there.
    assert_eq!(marks(&table, "fifo per user"), "+ + .");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    let output = run(&["verify", "unsynchronized", "--store", "memory", "--seed", "3"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{table}");
    assert_eq!(marks(&table, "replies match ledger"), "X");
    assert!(table.contains("client "), "there is no diagram: {table}");
    assert!(stderr(&output).ends_with(" trials violate a property\n"));

    let output = run(&["verify", "cas", "--store", "memory", "--schedules", "1", "--json"]);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{object}");
    assert_eq!(object["candidates"][0]["strategy"], "cas");
    assert_eq!(object["candidates"][0]["violations"].as_array().map(Vec::len), Some(0));
    assert!(object["operations"].as_u64() > Some(10_000), "{object}");
}

/// The results are stored for reports, together with those of the negative control. A violation of
/// the negative control is expected and does not fail the command.
#[test]
fn verify_stores_its_results_with_the_negative_control() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/proof");
    let mut command = hotrow();
    command.args([
        "verify",
        "mutex",
        "--store",
        "memory",
        "--schedules",
        "5",
        "--with-negative-control",
    ]);
    let output = command.arg("--results").arg(&directory).output().unwrap();
    assert!(has_ended(&output), "{}", stderr(&output));
    let checks = StoredRun::load(&directory).unwrap().checks;
    let rows_of = |name| checks.iter().filter(move |row| row.strategy == name);
    let holds = |row: &CheckRow| row.violations == 0 && row.violation.is_empty();
    assert!(rows_of("mutex").all(|row| row.linearizable && holds(row)));
    let order = rows_of("mutex").find(|row| row.property == "fifo_per_user").unwrap();
    assert_eq!(order.trials, 0, "mutex does not guarantee it");
    let violation = rows_of("unsynchronized").find(|row| row.violations > 0).unwrap();
    assert!(!violation.linearizable && violation.violation.contains(": "), "{violation:?}");
    assert!(checks.iter().all(|row| row.violation.lines().count() < 2));

    fs::write(scratch.path().join("file"), "").unwrap();
    let inside = scratch.path().join("file/run");
    rejected(&["verify", "mutex", "--results", inside.to_str().unwrap()], "cannot save in");
}

/// A negative number after a flag is its value and not another flag, and the error gives the valid
/// values.
#[test]
fn a_negative_number_is_rejected_with_valid_values() {
    let flags = [
        ("--rate", "-1", "give requests a second"),
        ("--rate", "-50k", "give requests a second"),
        ("--think", "-20us", "as 20us"),
        ("--users", "-1", "give 1 to 1000000"),
        ("--blocks", "-1", "1..=1000"),
        ("--work", "-5", "0..="),
        ("--seed", "-7", "give 0 to 18446744073709551615"),
        ("--clients", "-2", "threads:2 or tasks:64"),
        ("--latency", "-1ms", "fixed:5ms"),
        ("--mix", "-1", "charge:"),
        ("--distribution", "-1", "zipf:"),
        ("--arrivals", "-1", "poisson"),
    ];
    for (flag, value, allowed) in flags {
        let output = run(&["run", flag, value]);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{flag} {value}: {line}");
        assert!(line.contains(allowed) && !line.contains("-- -"), "{flag} {value}: {line}");
    }
    for (arguments, allowed) in [
        (&["doctor", "--seconds", "-1"][..], "give 1 to 60"),
        (&["verify", "--schedules", "-1"], "give 1 to 1000000"),
        (&["compare", "a", "b", "--fail-above", "-10%"], "write it as 10% or 0.1"),
        (&["serve", "--timeout", "-1s"], "--timeout"),
        (&["serve", "--latency", "-1ms"], "fixed:5ms"),
    ] {
        rejected(arguments, allowed);
        assert!(!stderr(&run(arguments)).contains("-- -"), "{arguments:?}");
    }
}

/// A stopped run soon shows and saves its measurements, audited and marked as partial.
#[cfg(unix)]
#[test]
fn an_interrupted_run_shows_and_saves_what_it_has() {
    let scratch = tempfile::tempdir().unwrap();
    let mut child = hotrow()
        .args(["run", "mutex", "--blocks", "1000", "--results"])
        .arg(scratch.path().join("box/run"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    // The program prints this line after it has installed the signal handler.
    let announced = notes.by_ref().any(|line| line.unwrap().contains("4000 measurements"));
    assert!(announced, "the run was not announced");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());

    let (ended, end) = mpsc::channel();
    let mut results = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        results.read_to_string(&mut text).unwrap();
        ended.send(text).unwrap();
    });
    let text = end.recv_timeout(Duration::from_secs(60));
    if text.is_err() {
        child.kill().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    reader.join().unwrap();

    assert!(text.unwrap().starts_with("PARTIAL, stopped before its end."));
    assert_partial(&scratch.path().join("box/run"));
}

fn assert_partial(directory: &Path) {
    let run = StoredRun::load(directory).unwrap();
    assert!(run.environment.partial);
    assert!(run.rows.len() < 4_000, "{} rows", run.rows.len());
    assert!(run.rows.iter().all(|row| row.verdict != AuditVerdict::Violation));
    assert!(run.rows.iter().rev().skip(1).all(|row| !row.truncated), "only the last is truncated");
    assert_eq!(fs::read_dir(directory).unwrap().count(), 2, "two files and no temporary file");
}
