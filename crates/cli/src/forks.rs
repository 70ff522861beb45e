//! Measures a plan in this process, or in forks: fresh processes of this program.
//!
//! The layout of memory and code is chosen once for the life of a process, and affects all of its
//! measurements. Several forks sample several layouts. The parent process writes the completed
//! blocks as one line to the standard input of a fork, and the fork writes each block that it
//! measures as one line to its standard output.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
};

use super::{
    failure::CliError,
    plan::{Plan, PlannedContender, PlannedScenario},
    result_sink::BlockRows,
};
use hotrow_engine::{
    Machine, Schedule, Stop,
    blocks::{self, Comparison, CompletedBlock, Contender, RunObserver},
};
use hotrow_results::Role;

/// Measures the blocks that are not completed in this process, until `stop` is set, and reports
/// each block to `observer`.
pub(super) fn measure(
    plan: &Plan,
    fork: u32,
    completed: &[CompletedBlock],
    stop: &Stop,
    observer: &mut dyn RunObserver,
) {
    let comparisons: Vec<Comparison> = plan.scenarios.iter().map(comparison).collect();
    let schedule = Schedule { seed: plan.seed_of(fork), ..plan.schedule };
    blocks::run(&comparisons, &schedule, completed, stop, &mut Machine::default(), observer);
}

/// Starts the fork with number `fork`, and passes each block that it measures to `finished`.
///
/// # Errors
/// [`CliError`] if the fork cannot be started or fails.
pub(super) fn measure_in_fork(
    fork: u32,
    completed: &[CompletedBlock],
    stop: &Stop,
    mut finished: impl FnMut(BlockRows) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::failed(format!("fork {fork}: {error}"));
    let mut child = KillOnDrop(start(fork).map_err(failed)?);
    let completed = serde_json::to_string(completed).map_err(io::Error::from).map_err(failed)?;
    let mut input = child.0.stdin.take().expect("standard input is a pipe");
    writeln!(input, "{completed}").map_err(failed)?;
    drop(input);
    let output = child.0.stdout.take().expect("standard output is a pipe");
    for line in BufReader::new(output).lines() {
        let line = line.map_err(failed)?;
        let block = serde_json::from_str(&line).map_err(io::Error::from).map_err(failed)?;
        finished(block)?;
        // Relaxed: the flag publishes no other data.
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
    let status = child.0.wait().map_err(failed)?;
    match status.success() || stop.load(Ordering::Relaxed) {
        true => Ok(()),
        false => Err(CliError::failed(format!("fork {fork} ended with {status}"))),
    }
}

/// Reads the completed blocks that the parent process writes to standard input.
pub(super) fn read_completed_blocks() -> Result<Vec<CompletedBlock>, CliError> {
    let mut line = String::new();
    let failed = |error: io::Error| CliError::failed(format!("standard input: {error}"));
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    serde_json::from_str(&line).map_err(io::Error::from).map_err(failed)
}

/// Starts this program again with the same arguments, as a fork.
fn start(fork: u32) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .args(["--stream", &fork.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// A child process that is killed when this is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // If the process has already ended, both calls do nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Keeps the order of the planned contenders: the rows refer to them by index.
fn comparison(planned: &PlannedScenario) -> Comparison {
    let contenders = planned.contenders.iter().map(contender).collect();
    Comparison { scenario: planned.scenario, contenders, location: planned.location }
}

fn contender(contender: &PlannedContender) -> Contender {
    let entry = contender.entry;
    let name = match contender.role {
        Role::AaControl => format!("{} (A/A control)", entry.strategy),
        _ => entry.strategy.to_owned(),
    };
    Contender {
        name,
        store: entry.store,
        reference: entry.is_reference(),
        performs_io: entry.performs_io,
        measure: entry.measure,
    }
}
