//! The record of an exploration, for the printed summary and for the file.

use std::{
    fs,
    path::Path,
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hotrow_verify::contract::schedules::ExplorationStats;
use serde::Serialize;

use crate::options::Options;

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct Record {
    rows: Mutex<Vec<Row>>,
    detections: Mutex<Vec<Detection>>,
}

/// One strategy in one workflow.
#[derive(Debug, Serialize)]
struct Row {
    entry: String,
    workflow: &'static str,
    schedules: u64,
    operations: u64,
    overlapping: u64,
    refused: u64,
    unknown: u64,
    reads: u64,
    steps_max: u64,
    seconds: f64,
    violations: u64,
}

/// A seeded bug, and the schedule that detected it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Detection {
    pub(crate) entry: String,
    pub(crate) mistake: &'static str,
    pub(crate) workflow: &'static str,
    /// Schedules of that workflow until the bug was detected.
    pub(crate) schedules: u64,
    /// Schedules of all workflows until then.
    pub(crate) schedules_in_all: u64,
    pub(crate) found: String,
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    schema: u32,
    commit: &'static str,
    rustc: &'static str,
    ended_at_unix_ms: u128,
    seed: u64,
    schedules_each: u64,
    schedules: u64,
    operations: u64,
    violations: u64,
    seconds: f64,
    schedules_per_second: f64,
    sound: &'a [Row],
    seeded_bugs: &'a [Detection],
}

impl Record {
    pub(crate) fn add(
        &self,
        entry: String,
        workflow: &'static str,
        traffic: ExplorationStats,
        time: Duration,
        violations: u64,
    ) {
        let ExplorationStats {
            schedules,
            operations,
            overlapping,
            refused,
            unknown,
            reads,
            steps_max,
        } = traffic;
        self.rows.lock().expect("no trial panics while it holds the lock").push(Row {
            entry,
            workflow,
            schedules,
            operations,
            overlapping,
            refused,
            unknown,
            reads,
            steps_max,
            seconds: time.as_secs_f64(),
            violations,
        });
    }

    pub(crate) fn add_detection(&self, detection: Detection) {
        self.detections.lock().expect("no trial panics while it holds the lock").push(detection);
    }

    /// Prints the summary of the exploration since `began`, and writes it if the options name a
    /// file.
    #[expect(clippy::print_stdout, reason = "the summary is the output of this program")]
    pub(crate) fn close(&self, options: &Options, began: Instant) {
        let mut rows = self.rows.lock().expect("all trials have ended");
        let mut detections = self.detections.lock().expect("all trials have ended");
        rows.sort_by(|a, b| (&a.entry, a.workflow).cmp(&(&b.entry, b.workflow)));
        detections.sort_by(|a, b| a.entry.cmp(&b.entry));
        for detection in detections.iter() {
            let Detection { entry, workflow, schedules, schedules_in_all, mistake, .. } = detection;
            println!(
                "{entry:<30} {workflow:<10} {schedules:>6} schedules of it, {schedules_in_all:>6} in all: {mistake}"
            );
        }
        for (entry, schedules, seconds) in speeds(&rows) {
            println!(
                "{entry:<24} {schedules:>10} schedules {:>8.0} a second",
                rate(schedules, seconds)
            );
        }
        let sum = |count: fn(&Row) -> u64| rows.iter().map(count).sum();
        let seconds = began.elapsed().as_secs_f64();
        let (schedules, operations) = (sum(|row| row.schedules), sum(|row| row.operations));
        println!(
            "{schedules} schedules, {operations} operations, {} violations, {seconds:.1} s, {:.0} schedules/s, seed {}",
            sum(|row| row.violations),
            rate(schedules, seconds),
            options.seed,
        );
        let Some(path) = &options.save else { return };
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let summary = Summary {
            schema: 2,
            commit: hotrow_cli::rows::BUILD.commit,
            rustc: hotrow_cli::rows::BUILD.rustc,
            ended_at_unix_ms: since_1970.as_millis(),
            seed: options.seed,
            schedules_each: options.schedules,
            schedules,
            operations,
            violations: sum(|row| row.violations),
            seconds,
            schedules_per_second: rate(schedules, seconds),
            sound: &rows,
            seeded_bugs: &detections,
        };
        write(path, &summary);
    }
}

/// Schedules and seconds of each entry, in the order of the rows.
fn speeds(rows: &[Row]) -> Vec<(&str, u64, f64)> {
    let mut speeds: Vec<(&str, u64, f64)> = Vec::new();
    for row in rows {
        match speeds.last_mut().filter(|(entry, ..)| *entry == row.entry) {
            Some((_, schedules, seconds)) => {
                *schedules += row.schedules;
                *seconds += row.seconds;
            }
            None => speeds.push((&row.entry, row.schedules, row.seconds)),
        }
    }
    speeds
}

#[expect(clippy::cast_precision_loss, reason = "a rate of fewer than 2^52 schedules")]
fn rate(schedules: u64, seconds: f64) -> f64 {
    schedules as f64 / seconds.max(1e-9)
}

fn write(path: &Path, summary: &Summary<'_>) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("the folder of the summary can be created");
    }
    let json = serde_json::to_string_pretty(summary).expect("numbers and names are JSON");
    fs::write(path, json + "\n").expect("the summary can be written");
}
