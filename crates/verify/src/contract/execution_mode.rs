//! The execution modes of a property.
//!
//! A mode decides how time passes, which threads run tasks, and how the store delays a step.

use std::{fmt, time::Duration};

use tokio::runtime::{Builder, Runtime};

use crate::{contract::Candidate, contract::check_result::CheckResult};
use hotrow::{scenario::Latency, store::StoreConfig};

/// How a property runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionMode {
    /// One thread and paused time, on a store that yields in the middle of every step. Every run
    /// is the same.
    FaultInjecting,
    /// One thread and paused time, on a store with the latency that the assignment describes.
    Delays,
    /// Four worker threads on the plain store. A step that a test holds blocks its thread.
    Threads,
    /// One thread and paused time, on a store that blocks the thread of a step that a test holds.
    /// No task runs between a caller and its strategy, so a caller that is dropped drops the
    /// strategy in the middle of its work. Only for strategies that start no task of their own: a
    /// step of such a task would block the one thread.
    Blockade,
    /// Four worker threads and real time, on a database.
    Wire,
}

/// Worker threads: more than the cores of a small machine, so that the system always preempts some
/// of them in the middle of a step.
const WORKERS: usize = 4;

/// Threads that may be blocked at the same time.
const BLOCKED_MAX: usize = 512;

/// Longest time of a trial on the paused clock, which jumps to it as soon as no task can run. The
/// slowest correct trial runs a thousand commands in a row at 300 to 500 ms each, with many
/// retries.
const PAUSED_TIME_MAX: Duration = Duration::from_secs(100 * 24 * 3_600);

/// Longest time that threads have to end after a trial. By then they have no work left.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(5);

impl ExecutionMode {
    /// The modes that check every strategy.
    pub const ALL: [ExecutionMode; 4] = [
        ExecutionMode::FaultInjecting,
        ExecutionMode::Delays,
        ExecutionMode::Threads,
        ExecutionMode::Wire,
    ];

    /// Whether this mode applies to `candidate`: delays need a store with latency, and a database
    /// is checked in real time alone.
    pub fn suits(self, candidate: &Candidate) -> bool {
        match self {
            ExecutionMode::Wire => candidate.performs_io,
            ExecutionMode::Delays => candidate.has_latency,
            ExecutionMode::FaultInjecting | ExecutionMode::Threads | ExecutionMode::Blockade => {
                !candidate.performs_io
            }
        }
    }

    /// The configuration of stores in this mode.
    pub(crate) fn store_config(self) -> StoreConfig {
        let latency = match self {
            ExecutionMode::Delays => Latency::Assignment,
            ExecutionMode::FaultInjecting
            | ExecutionMode::Threads
            | ExecutionMode::Blockade
            | ExecutionMode::Wire => Latency::None,
        };
        StoreConfig { latency, ..StoreConfig::default() }
    }

    /// Runs `trial` to its end, or until no task can run.
    pub(crate) fn run(self, trial: impl Future<Output = CheckResult>) -> CheckResult {
        let runtime = self.runtime();
        let result = runtime.block_on(async {
            if matches!(self, ExecutionMode::Threads | ExecutionMode::Wire) {
                return trial.await;
            }
            let ended = tokio::time::timeout(PAUSED_TIME_MAX, trial).await;
            ended.unwrap_or_else(|_| Err("the trial does not end: no task can run".to_owned()))
        });
        // This joins all threads, except those that an incorrect strategy blocks for ever.
        runtime.shutdown_timeout(SHUTDOWN_TIME_MAX);
        result
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            ExecutionMode::Threads | ExecutionMode::Wire => Builder::new_multi_thread(),
            ExecutionMode::FaultInjecting | ExecutionMode::Delays | ExecutionMode::Blockade => {
                Builder::new_current_thread()
            }
        };
        builder.enable_time().max_blocking_threads(BLOCKED_MAX);
        match self {
            ExecutionMode::Threads => builder.worker_threads(WORKERS),
            ExecutionMode::Wire => builder.worker_threads(WORKERS).enable_all(),
            ExecutionMode::FaultInjecting | ExecutionMode::Delays | ExecutionMode::Blockade => {
                builder.start_paused(true)
            }
        };
        builder.build().expect("a runtime needs only threads")
    }
}

impl fmt::Display for ExecutionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ExecutionMode::FaultInjecting => "adversary",
            ExecutionMode::Delays => "delays",
            ExecutionMode::Threads => "threads",
            ExecutionMode::Blockade => "blockade",
            ExecutionMode::Wire => "wire",
        })
    }
}
