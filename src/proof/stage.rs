//! Where a property is played: how time passes, who runs tasks, and what the store does to a step.

use std::{fmt, time::Duration};

use tokio::runtime::{Builder, Runtime};

use crate::{database::Latency, proof::found::Found, registry::Entry, store::Setup};

/// Where a property is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// One thread and paused time, on a store that steps aside in the middle of every step. What
    /// happens is the same every time.
    Adversary,
    /// One thread and paused time, on a store that takes as long as the assignment says.
    Delays,
    /// Four workers on the plain store, and where a step is to be held, threads that block.
    Threads,
    /// One thread and paused time, on a store that blocks the thread of a step that is held. No task
    /// stands between a caller and its strategy, so whoever is dropped is dropped in the middle of
    /// it. Only for strategies that start no task of their own, whose steps would block the one
    /// thread.
    Blockade,
}

/// More than the cores of a small machine, so that some are always preempted in mid-step.
const WORKERS: usize = 4;

/// Threads that may be blocked at once.
const BLOCKED_MAX: usize = 512;

/// Longest that a trial may take by the paused clock, which jumps there as soon as nothing moves. The
/// slowest honest trial is a thousand commands in a row at 300 to 500 ms each, tried again and again.
const PAUSED_TIME_MAX: Duration = Duration::from_secs(100 * 24 * 3_600);

/// Longest that threads have to end when a trial is over. They have nothing left to do by then.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(5);

impl Stage {
    /// The stages of every strategy that is to be right.
    pub const ALL: [Stage; 3] = [Stage::Adversary, Stage::Delays, Stage::Threads];

    /// Whether there is anything to see of `entry` here.
    pub fn suits(self, entry: &Entry) -> bool {
        self != Stage::Delays || entry.store == "tables"
    }

    /// What stores are opened with here.
    pub(crate) fn setup(self) -> Setup {
        let latency = match self {
            Stage::Delays => Latency::Assignment,
            Stage::Adversary | Stage::Threads | Stage::Blockade => Latency::None,
        };
        Setup { latency, ..Setup::default() }
    }

    /// Plays `play` to its end, or to where nothing moves any more.
    pub(crate) fn run(self, play: impl Future<Output = Found>) -> Found {
        let runtime = self.runtime();
        let found = runtime.block_on(async {
            if self == Stage::Threads {
                return play.await;
            }
            let ended = tokio::time::timeout(PAUSED_TIME_MAX, play).await;
            ended.unwrap_or_else(|_| Err("nothing moves any more, and it is not over".to_owned()))
        });
        // Threads are joined, but for those that hang where a strategy is wrong.
        runtime.shutdown_timeout(LEAVE_TIME_MAX);
        found
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Stage::Threads => Builder::new_multi_thread(),
            Stage::Adversary | Stage::Delays | Stage::Blockade => Builder::new_current_thread(),
        };
        builder.enable_time().max_blocking_threads(BLOCKED_MAX);
        match self {
            Stage::Threads => builder.worker_threads(WORKERS),
            Stage::Adversary | Stage::Delays | Stage::Blockade => builder.start_paused(true),
        };
        builder.build().expect("a runtime needs only threads")
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Adversary => "adversary",
            Stage::Delays => "delays",
            Stage::Threads => "threads",
            Stage::Blockade => "blockade",
        })
    }
}
