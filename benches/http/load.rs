//! The load: one run of wrk, and what it says of it.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{process::Process, subjects::Subject};

/// Connections that ask at the same time: enough that a server of one thread always has one to answer,
/// and fewer than may wait for one account.
pub(crate) const CONNECTIONS: u32 = 32;

/// What is asked, and the line that tells what came of it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/ask.lua");

/// What that line begins with.
const RESULT: &str = "came of it:";

/// How long wrk may take longer than it was told.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked at whether wrk has ended.
const LOOK: Duration = Duration::from_millis(5);

/// What came of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Requests that were answered.
    pub(crate) answered: u64,
    /// How long it took, in nanoseconds.
    pub(crate) window_ns: u64,
    /// Of the answers, those of 400 and more.
    pub(crate) refused: u64,
    /// Connections that could not be made, read or written, or were silent for two seconds.
    pub(crate) broken: u64,
    /// How long an answer took, in nanoseconds: what half, 99 %, 99.9 % and all did not exceed.
    pub(crate) times_ns: [u64; 4],
}

/// What wrk says of itself; nothing where it is not there.
pub(crate) fn version() -> Option<String> {
    let told = Command::new("wrk").arg("--version").output().ok()?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let version = told.split_whitespace().nth(1)?;
    Some(format!("wrk {}", version.trim_start_matches("debian/")))
}

/// Asks a server for as long as `window`, in whole seconds as wrk has it.
pub(crate) fn load(subject: &Subject, process: &Process, window: Duration) -> Result<Load, String> {
    let mut command = subject.placement.generator("wrk");
    command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string()]);
    command.args(["--duration", &format!("{}s", window.as_secs()), "--script", SCRIPT]);
    command.arg(process.url(subject.asked));
    command.args(subject.asked.body().into_iter().flat_map(|body| ["--", body]));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let wrk = command.spawn().map_err(|error| format!("cannot start wrk: {error}"))?;
    let told = Wrk(wrk).told(window + PATIENCE)?;
    let result = told.lines().find_map(|line| line.strip_prefix(RESULT));
    let load = result.and_then(Load::of);
    load.ok_or_else(|| format!("{}: wrk said nothing of what came of it", subject.name()))
}

/// wrk while it runs. Dropped, it is ended and waited for.
struct Wrk(Child);

impl Wrk {
    /// All that it says until it ends.
    fn told(mut self, patience: Duration) -> Result<String, String> {
        let deadline = Instant::now() + patience;
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) if status.success() => break,
                Ok(Some(status)) => return Err(format!("wrk ended with {status}")),
                Ok(None) if Instant::now() > deadline => return Err("wrk does not end".to_owned()),
                Ok(None) => thread::sleep(LOOK),
                Err(error) => return Err(format!("cannot wait for wrk: {error}")),
            }
        }
        // It says little, which the system has kept for us.
        let mut told = String::new();
        let mut output = self.0.stdout.take().expect("its output was asked for");
        output.read_to_string(&mut told).map_err(|error| format!("cannot read wrk: {error}"))?;
        Ok(told)
    }
}

impl Drop for Wrk {
    fn drop(&mut self) {
        // Either fails only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Load {
    /// Of the line that the script writes.
    fn of(line: &str) -> Option<Load> {
        let numbers: Option<Vec<u64>> =
            line.split_whitespace().map(|number| number.parse().ok()).collect();
        let [answered, micros, refused, broken, p50, p99, p999, max] = numbers?[..] else {
            return None;
        };
        Some(Load {
            answered,
            window_ns: micros * 1_000,
            refused,
            broken,
            times_ns: [p50, p99, p999, max].map(|micros| micros * 1_000),
        })
    }

    /// Why it is no measurement, if it is none.
    pub(crate) fn objection(&self) -> Option<String> {
        let Load { answered, refused, broken, .. } = *self;
        match (answered, refused, broken) {
            (0, ..) => Some("no answers".to_owned()),
            (_, 0, 0) => None,
            _ => Some(format!("{refused} answers of 400 and more, {broken} broken connections")),
        }
    }
}
