//! The load: one run of wrk and its result.

use std::{process::Command, time::Duration};

use crate::{process::Process, subjects::Contender};

/// Concurrent connections: enough to keep a server with one thread busy, and fewer than the limit
/// of requests for one account.
pub(crate) const CONNECTIONS: u32 = 32;

/// The wrk script, which sets the request and prints the result line.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/ask.lua");

/// The start of the result line.
const RESULT: &str = "result:";

/// Maximum time that wrk may exceed its duration.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The result of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Number of answered requests.
    pub(crate) answered: u64,
    /// Duration in nanoseconds.
    pub(crate) window_ns: u64,
    /// Number of answers with a status of 400 or more.
    pub(crate) rejected: u64,
    /// Errors of connect, read and write, and time-outs of two seconds.
    pub(crate) broken: u64,
    /// Service times in nanoseconds: median, p99, p99.9 and maximum.
    pub(crate) times_ns: [u64; 4],
}

/// The name and version of wrk; none if it is not installed.
pub(crate) fn version() -> Option<String> {
    let output = Command::new("wrk").arg("--version").output().ok()?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = output.split_whitespace().nth(1)?;
    Some(format!("wrk {}", version.trim_start_matches("debian/")))
}

/// Sends load to a server for `window`, rounded down to whole seconds.
pub(crate) fn load(
    contender: &Contender,
    process: &Process,
    window: Duration,
) -> Result<Load, String> {
    // `timeout` ends a wrk that hangs; in the foreground, Ctrl-C still reaches it.
    let mut command = contender.placement.generator("timeout");
    command.args(["--foreground", &(window + TIMEOUT).as_secs().to_string(), "wrk"]);
    command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string()]);
    command.args(["--duration", &format!("{}s", window.as_secs()), "--script", SCRIPT]);
    command.arg(process.url(contender.operation));
    command.args(contender.operation.body().into_iter().flat_map(|body| ["--", body]));
    let ended = command.output().map_err(|error| format!("cannot start wrk: {error}"))?;
    if !ended.status.success() {
        return Err(format!("wrk ended with {}", ended.status));
    }
    let output = String::from_utf8_lossy(&ended.stdout);
    let result = output.lines().find_map(|line| line.strip_prefix(RESULT));
    let load = result.and_then(Load::parse);
    load.ok_or_else(|| format!("{}: wrk printed no result", contender.name()))
}

impl Load {
    /// Parses the result line of the script.
    fn parse(line: &str) -> Option<Load> {
        let numbers: Option<Vec<u64>> =
            line.split_whitespace().map(|number| number.parse().ok()).collect();
        let [answered, micros, rejected, broken, p50, p99, p999, max] = numbers?[..] else {
            return None;
        };
        Some(Load {
            answered,
            window_ns: micros * 1_000,
            rejected,
            broken,
            times_ns: [p50, p99, p999, max].map(|micros| micros * 1_000),
        })
    }

    /// Returns the reason to exclude the block, if there is one.
    pub(crate) fn exclusion_reason(&self) -> Option<String> {
        let Load { answered, rejected, broken, .. } = *self;
        match (answered, rejected, broken) {
            (0, ..) => Some("no answers".to_owned()),
            (_, 0, 0) => None,
            _ => Some(format!(
                "{rejected} answers with a status of 400 or more, {broken} broken connections"
            )),
        }
    }
}
