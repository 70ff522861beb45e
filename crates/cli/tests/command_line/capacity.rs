//! `hotrow capacity` from the command line to its files.

use super::{
    stopped::{command, stopped},
    *,
};
use nix::sys::signal::Signal;

/// Each nonsense gets one line and the exit code 2, before anything is measured.
#[test]
fn a_nonsensical_objective_is_rejected_with_one_line() {
    for (slo, message) in [
        ("p99", "it has no bound: write it as 'p99<1ms'"),
        ("p99<", "it has no bound after <"),
        ("p0<1ms", "give a quantile from p50 to p99.99"),
        ("p99<0", "give a bound above zero with its unit"),
        ("-p99<1ms", "is no quantile"),
    ] {
        rejected(&["capacity", "--slo", slo], message);
    }
    rejected(&["capacity", "--achieved", "150%"], "give a share above 0 % and up to 100 %");
    rejected(&["capacity", "--achieved", "-1"], "write it as 99% or 0.99");
    rejected(&["capacity", "--seconds", "0"], "1..=86400");
    rejected(&["capacity", "noop"], "there is no strategy to measure");
    rejected(&["capacity", "--rate", "5"], "unexpected argument '--rate'");
}

/// On a simulated clock a whole run takes seconds and repeats exactly: table, exports and rows.
#[test]
fn a_capacity_is_found_stored_and_repeated() {
    let scratch = tempfile::tempdir().unwrap();
    let [csv, page, svg, json] = ["c.csv", "c.md", "c.svg", "c.json"]
        .map(|name| scratch.path().join(name).display().to_string());
    let results = scratch.path().join("box/slo");
    let measure = |more: &[&str]| {
        let scenario = ["capacity", "queue", "async-mutex", "--store", "simulated"];
        let rest = ["--clients", "tasks:4", "--seconds", "1"];
        let output = hotrow().args(scenario).args(rest).args(more).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    let output = measure(&[
        "--curve",
        "--export-csv",
        &csv,
        "--export-markdown",
        &page,
        "--export-svg",
        &svg,
        "--export-json",
        &json,
        "--results",
        results.to_str().unwrap(),
    ]);
    let (table, notes) = (stdout(&output), stderr(&output));
    assert!(notes.contains("10 times a command of the store"), "{notes}");
    assert!(table.contains("with p99<3.98s and at least 99 %"), "{table}");
    assert!(table.contains("stops by") && table.contains("0.95 C"), "{table}");
    let run = StoredRun::load(&results).unwrap();
    assert!(!run.environment.partial && run.capacity.len() > 100, "{}", run.capacity.len());
    assert_eq!(fs::read_to_string(&csv).unwrap().lines().count(), run.capacity.len() + 1);
    assert!(fs::read_to_string(&page).unwrap().contains("| strategy | requests/s |"));
    assert!(fs::read_to_string(&svg).unwrap().contains("Response time by load"));
    let value: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert!(value["capacities"][0]["contenders"][0]["requests_per_s"].as_f64().unwrap() > 0.0);
    assert_eq!(stdout(&measure(&["--curve"])), table, "it repeats");
    let again = ["capacity", "--results", results.to_str().unwrap()];
    rejected(&again, "--overwrite replaces it");
}

/// Ctrl-C leaves complete rows, marked partial.
#[test]
fn a_stopped_capacity_is_partial() {
    let scratch = tempfile::tempdir().unwrap();
    let results = scratch.path().join("box/slo");
    let mut capacity = command(&["capacity", "cas", "mutex", "--accept-noise", "--results"]);
    let (table, notes) = stopped(capacity.arg(&results), "objective p", Signal::SIGINT);
    assert!(table.starts_with("PARTIAL"), "{table}");
    assert!(notes.contains("probes were made"), "{notes}");
    let run = StoredRun::load(&results).unwrap();
    assert!(run.environment.partial && !run.capacity.is_empty());
    assert!(run.capacity.iter().all(|row| row.run == run.environment.run));
}
