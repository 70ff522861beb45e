//! Runs one suite with one active mutant, or with none.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::configuration::Suite;

/// A suite, and the result of its run without a mutant.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The suite.
    pub suite: Suite,
    /// The time that it took.
    pub time: Duration,
    /// The functions that it reached, each by its first mutant.
    pub reached: BTreeSet<u32>,
}

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All tests pass.
    Passed,
    /// A test fails, or the process crashes.
    Failed,
    /// The run does not end in time.
    Timeout,
}

/// Longest time for a suite without a mutant.
const BASELINE_MAX: Duration = Duration::from_secs(300);

/// Longest time for a run with a mutant: this many times the time without one, plus `EXTRA`.
const TIMES_MAX: u32 = 5;
const EXTRA: Duration = Duration::from_secs(15);

/// The number that activates no mutant.
const NO_MUTANT: u32 = u32::MAX;

/// The time between two checks whether a process has ended.
const POLL: Duration = Duration::from_millis(5);

/// Runs `suite` without a mutant.
///
/// # Errors
/// If the suite does not pass: then it cannot test mutants.
pub fn baseline(suite: Suite, folder: &Path, scratch: &Path) -> Result<Baseline, String> {
    let list = scratch.join("reached");
    // The file does not exist at first.
    let _ = fs::remove_file(&list);
    let began = Instant::now();
    let child = command(&suite, folder).env("HOTROW_MUTANTS_REACHED", &list).spawn();
    let end = wait(child.map_err(|error| error.to_string())?, BASELINE_MAX);
    if end != End::Passed {
        return Err(format!("{} does not pass without a mutant: {end:?}", suite.name));
    }
    let time = began.elapsed();
    let text = fs::read_to_string(&list).unwrap_or_default();
    let reached = text.lines().filter_map(|line| line.parse().ok()).collect();
    Ok(Baseline { suite, time, reached })
}

/// Runs the suite of `baseline` with mutant `number` active.
///
/// The machine may be busier than during the baseline. So if a run does not end in time, the suite
/// runs without a mutant again. If that is slow as well, the mutant gets proportionally more time.
pub fn with_mutant(baseline: &Baseline, number: u32, folder: &Path) -> Result<End, String> {
    let run = |mutant: u32, time_max: Duration| {
        let child =
            command(&baseline.suite, folder).env("HOTROW_MUTANT", mutant.to_string()).spawn();
        let child = child.map_err(|error| format!("{}: {error}", baseline.suite.name))?;
        Ok::<End, String>(wait(child, time_max))
    };
    let time_max = baseline.time * TIMES_MAX + EXTRA;
    let end = run(number, time_max)?;
    if end != End::Timeout {
        return Ok(end);
    }
    let began = Instant::now();
    run(NO_MUTANT, BASELINE_MAX)?;
    let time_max_now = began.elapsed() * TIMES_MAX + EXTRA;
    match time_max * 2 < time_max_now {
        true => run(number, time_max_now),
        false => Ok(end),
    }
}

fn command(suite: &Suite, folder: &Path) -> Command {
    let mut command = Command::new(&suite.program);
    command.args(&suite.arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn wait(mut child: Child, time_max: Duration) -> End {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if ExitStatus::success(&status) => return End::Passed,
            Ok(Some(_)) | Err(_) => return End::Failed,
            Ok(None) if time_max < began.elapsed() => {
                // The process may have ended by itself in the meantime.
                let _ = child.kill();
                let _ = child.wait();
                return End::Timeout;
            }
            Ok(None) => thread::sleep(POLL),
        }
    }
}
