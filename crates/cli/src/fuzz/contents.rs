//! Files of runs and of plans with random damage.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;
use crate::plan::Definitions;
use hotrow_report::{
    Across, Change, Source, comparisons, markdown, overview, render_block, terminal, to_json,
};

use hotrow_results::{Environment, MeasurementRow, SCHEMA, StoredRun};

const RUNS: u64 = 1_500;
const PLANS: u64 = 3_000;

/// Values to put into a field: extremes, and values of another type or column.
const FIELDS: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "18446744073709551615",
    "4294967295",
    "9223372036854775808",
    "1e308",
    "NaN",
    "inf",
    "-inf",
    "0.1",
    "true",
    "null",
    "x",
    "contender",
    "reference",
    "twin",
    "aa_control",
    "negative_control",
    "open",
    "latency",
    "open_loop",
    "violation",
    "not_audited",
    "2026-01-01",
    "''",
    "\"",
    "[]",
    "{}",
    "\u{feff}",
    "é",
];

/// The generated blocks of pages.
const BLOCKS: [&str; 16] = [
    "answer",
    "choice",
    "resolution",
    "family",
    "ranking",
    "first-table",
    "omission",
    "order",
    "capacity",
    "response",
    "slow-store",
    "environment",
    "costs",
    "correctness",
    "failure-handling",
    "claims",
];

/// Returns the contents of a file with one random change.
fn damaged(bytes: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = rng.usize(..=bytes.len());
    let until = (at + rng.usize(..40)).min(bytes.len());
    match rng.u8(..8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..until)),
        2 => drop(bytes.splice(at..at, garbage(rng))),
        3 => bytes[at..until].fill(rng.u8(..)),
        _ => {
            // A field lies between two separators.
            let is_end = |byte: &u8| b",\n:= ".contains(byte);
            let start = bytes[..at].iter().rposition(is_end).map_or(0, |place| place + 1);
            let end = bytes[start..].iter().position(is_end).map_or(bytes.len(), |end| start + end);
            let field = FIELDS[rng.usize(..FIELDS.len())];
            bytes.splice(start..end, field.bytes());
        }
    }
    bytes
}

/// Returns the first lines of a file of results.
fn some_lines(file: &str, lines: usize) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/reference").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.lines().take(lines).map(|line| format!("{line}\n")).collect()
}

/// Writes the files of a run in schema 1, and returns their paths.
fn saved_in_schema_1(directory: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(directory).unwrap();
    let run = "standard/env.json";
    let files = [
        ("env.json", some_lines(run, usize::MAX)),
        ("rounds.csv", some_lines("standard/rounds.csv", 41)),
        ("quantiles.csv", some_lines("standard/quantiles.csv", 21)),
    ];
    files
        .map(|(name, text)| {
            let file = directory.join(name);
            fs::write(&file, text).unwrap();
            file
        })
        .to_vec()
}

/// Writes the files of the same run in the present schema, and returns their paths.
fn saved(directory: &Path, run: StoredRun) -> Vec<PathBuf> {
    let environment = Environment { schema: SCHEMA, ..run.environment };
    StoredRun { environment, ..run }.save(directory).unwrap();
    ["env.json", "measurements.csv", "quantiles.csv"].map(|name| directory.join(name)).to_vec()
}

/// Renders everything that is computed from rows.
fn render_all(run: &StoredRun, before: &[MeasurementRow]) -> usize {
    let tables = comparisons(&run.rows);
    let source = Source { name: "box/run", run };
    let blocks = BLOCKS.map(|name| render_block(name, &[source]).map_or(0, |text| text.len()));
    tables.iter().map(|table| terminal(table, 80).len() + markdown(table).len()).sum::<usize>()
        + to_json(run).len()
        + Across::of(&tables).terminal(80).len()
        + Change::between(before, &run.rows).terminal(80).len()
        + overview(&source).len()
        + blocks.iter().sum::<usize>()
}

/// A file that a disk, an editor or a spreadsheet damaged must give an error of one line, or be
/// shown as it is.
#[test]
fn no_damaged_file_of_a_run_causes_a_panic() {
    let scratch = tempfile::tempdir().unwrap();
    let old = scratch.path().join("schema-1");
    let old_files = saved_in_schema_1(&old);
    let undamaged = StoredRun::load(&old).unwrap();
    let present = scratch.path().join("run");
    let files = saved(&present, undamaged.clone());
    damage_and_read(&old, &old_files, &undamaged);
    damage_and_read(&present, &files, &undamaged);
}

/// Damages the files of the run in `directory` one after another, and reads and renders the run.
fn damage_and_read(directory: &Path, files: &[PathBuf], undamaged: &StoredRun) {
    let mut read = 0;
    for number in 0..RUNS {
        let mut rng = rng_of(number);
        let file = &files[rng.usize(..files.len())];
        let before = fs::read(file).unwrap();
        let mut bytes = before.clone();
        for _ in 0..=rng.usize(..3) {
            bytes = damaged(&bytes, &mut rng);
        }
        fs::write(file, bytes).unwrap();
        println!("case {number}: {file:?}");
        match StoredRun::load(directory) {
            Ok(run) => {
                read += 1;
                render_all(&run, &undamaged.rows);
            }
            Err(error) => check_line(&CliError::failed(error.to_string()), &number),
        }
        fs::write(file, before).unwrap();
    }
    assert!((RUNS / 20..RUNS).contains(&read), "{read} of {RUNS} were read");
}

const PLAN: &str = "[workload.w]\nusers = [1, 16]\nclients = ['threads:2', 'tasks:8']\nreads = 90\n\
    mix = 'balanced'\nthink = '1ms'\nwork = 3\nledger = true\ndistribution = 'zipf:0.9'\n\n\
    [workload.r]\nrate = 1e3\narrivals = 'poisson'\n\n[plan.p]\nworkloads = ['w', 'r', 'hot-row']\n\
    blocks = 7\nforks = 2\nwindow = '5ms'\nstrategies = ['cas']\nwarm-up = '1s'\n\
    latency-window = '3ms'\n";

/// A damaged plan file must give an error of one line, or a plan.
#[test]
fn no_damaged_plan_file_causes_a_panic() {
    let mut planned = 0;
    for number in 0..PLANS {
        let mut rng = rng_of(number);
        let mut bytes = PLAN.as_bytes().to_vec();
        for _ in 0..=rng.usize(..3) {
            bytes = damaged(&bytes, &mut rng);
        }
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("hotrow.toml");
        fs::write(&file, bytes).unwrap();
        match Definitions::load(Some(&file)).and_then(|all| all.plan("p", number, &[])) {
            Ok(plan) => planned += usize::from(!crate::session::expectation(&plan).is_empty()),
            Err(error) => check_line(&error, &number),
        }
    }
    assert!(planned > 20, "{planned} of {PLANS} are plans");
}
