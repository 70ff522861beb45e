//! What was explored, for the last line and for the file that is kept.

use std::{
    fs,
    path::Path,
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hotrow::proof::schedules::Traffic;
use serde::Serialize;

use crate::options::Options;

/// What was explored so far.
#[derive(Debug, Default)]
pub(crate) struct Record {
    rows: Mutex<Vec<Row>>,
    kills: Mutex<Vec<Kill>>,
}

/// One strategy in one scenario.
#[derive(Debug, Serialize)]
struct Row {
    entry: String,
    scenario: &'static str,
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

/// A strategy that is wrong on purpose, and what caught it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kill {
    pub(crate) entry: String,
    pub(crate) mistake: &'static str,
    pub(crate) scenario: &'static str,
    /// Schedules of that scenario up to the one that showed it.
    pub(crate) schedules: u64,
    /// Schedules of all scenarios up to then.
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
    wrong: &'a [Kill],
}

impl Record {
    pub(crate) fn add(
        &self,
        entry: String,
        scenario: &'static str,
        traffic: Traffic,
        time: Duration,
        violations: u64,
    ) {
        let Traffic { schedules, operations, overlapping, refused, unknown, reads, steps_max } =
            traffic;
        self.rows.lock().expect("no trial panics with it").push(Row {
            entry,
            scenario,
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

    pub(crate) fn caught(&self, kill: Kill) {
        self.kills.lock().expect("no trial panics with it").push(kill);
    }

    /// Prints what was explored since `began`, and writes it down if it is to be kept.
    #[expect(clippy::print_stdout, reason = "it is what was asked for")]
    pub(crate) fn close(&self, options: &Options, began: Instant) {
        let mut rows = self.rows.lock().expect("all trials have ended");
        let mut kills = self.kills.lock().expect("all trials have ended");
        rows.sort_by(|a, b| (&a.entry, a.scenario).cmp(&(&b.entry, b.scenario)));
        kills.sort_by(|a, b| a.entry.cmp(&b.entry));
        for kill in kills.iter() {
            let Kill { entry, scenario, schedules, schedules_in_all, mistake, .. } = kill;
            println!(
                "{entry:<30} {scenario:<10} {schedules:>6} of its schedules, {schedules_in_all:>6} in all: {mistake}"
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
            schema: 1,
            commit: env!("HOTROW_COMMIT"),
            rustc: env!("HOTROW_RUSTC"),
            ended_at_unix_ms: since_1970.as_millis(),
            seed: options.seed,
            schedules_each: options.schedules,
            schedules,
            operations,
            violations: sum(|row| row.violations),
            seconds,
            schedules_per_second: rate(schedules, seconds),
            sound: &rows,
            wrong: &kills,
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
        fs::create_dir_all(folder).expect("the folder of the summary can be made");
    }
    let json = serde_json::to_string_pretty(summary).expect("numbers and names are JSON");
    fs::write(path, json + "\n").expect("the summary can be written");
}
