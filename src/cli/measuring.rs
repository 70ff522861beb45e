//! Has a plan measured: here, or by fresh processes of this program.
//!
//! A process deals out memory and places of code once for all its life, and what it was dealt is in
//! all that it measures. Several processes are several deals. Each is told what is known already, as
//! one line on its standard input, and tells of each round as one line on its standard output.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
};

use super::{
    failure::Failure,
    keeping::Kept,
    plan::{Contestant, Plan, PlannedCell},
};
use crate::{
    engine::{
        Machine, Schedule, Stop,
        blocks::{self, Audience, Comparison, Known, Subject},
    },
    record::Role,
};

/// Measures what is not known yet in this process, or less if `stop` is set, and tells of each
/// round as it is over.
pub(super) fn measure(
    plan: &Plan,
    process: u32,
    known: &[Known],
    stop: &Stop,
    audience: &mut dyn Audience,
) {
    let comparisons: Vec<Comparison> = plan.cells.iter().map(comparison).collect();
    let schedule = Schedule { seed: plan.seed_of(process), ..plan.schedule };
    blocks::run(&comparisons, &schedule, known, stop, &mut Machine::default(), audience);
}

/// Has process number `process` measure it, and tells of each round.
///
/// # Errors
/// [`Failure`] if the process cannot be started or ends in the middle.
pub(super) fn measure_apart(
    process: u32,
    known: &[Known],
    stop: &Stop,
    mut finished: impl FnMut(Kept) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::failed(format!("process {process}: {error}"));
    let mut child = Worker(start(process).map_err(failed)?);
    let known = serde_json::to_string(known).map_err(io::Error::from).map_err(failed)?;
    let mut input = child.0.stdin.take().expect("standard input was asked for");
    writeln!(input, "{known}").map_err(failed)?;
    drop(input);
    let output = child.0.stdout.take().expect("standard output was asked for");
    for line in BufReader::new(output).lines() {
        let line = line.map_err(failed)?;
        let kept = serde_json::from_str(&line).map_err(io::Error::from).map_err(failed)?;
        finished(kept)?;
        // Relaxed: it says that somebody wants the run to end, and publishes nothing.
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
    let status = child.0.wait().map_err(failed)?;
    match status.success() || stop.load(Ordering::Relaxed) {
        true => Ok(()),
        false => Err(Failure::failed(format!("process {process} ended with {status}"))),
    }
}

/// What is known, as the process that started this one says it.
pub(super) fn told() -> Result<Vec<Known>, Failure> {
    let mut line = String::new();
    let failed = |error: io::Error| Failure::failed(format!("standard input: {error}"));
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    serde_json::from_str(&line).map_err(io::Error::from).map_err(failed)
}

/// This program again, asked the same, to tell its rows to us.
fn start(process: u32) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .args(["--stream", &process.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// A process that does not outlive who waits for it.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // It has ended where it was waited for, and then neither does anything.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Subjects stand in the order of the contestants, by which they are found again.
fn comparison(planned: &PlannedCell) -> Comparison {
    let subjects = planned.contestants.iter().map(subject).collect();
    Comparison { cell: planned.cell, subjects }
}

fn subject(contestant: &Contestant) -> Subject {
    let entry = contestant.entry;
    let name = match contestant.role {
        Role::Twin => format!("{} (twin)", entry.strategy),
        _ => entry.strategy.to_owned(),
    };
    Subject { name, store: entry.store, reference: entry.is_reference(), measure: entry.measure }
}
