//! Drives a service with many clients, and has its books audited when the clock has stopped.
//!
//! Clients live through warm-up, measurement and drain without a pause, and only what is answered
//! inside a window counts: a barrier and a fixed count would measure, on few cores, how long it
//! takes to start. Strategies are measured in blocks, each block all of them once in a shuffled
//! order, so that a machine that drifts drifts under all alike.
//!
//! ```text
//! Comparison --> blocks --> Trial --> measure::<T> --> Measurement
//!                                       pilot, clients and windows, audit
//! ```
//!
//! Whatever a strategy does, a trial ends: commands that panic are unknown, and clients that are
//! never answered are given up, with the thread that waits for them.

mod alone;
mod measure;
mod record;

pub mod blocks;

mod client;
mod conduct;
mod course;
mod crew;
mod run;
mod watch;
mod windows;

#[cfg(test)]
mod tests;

use std::time::Duration;

#[cfg(test)]
use self::measure::measure_within;
pub use self::{
    alone::{Kind, alone},
    measure::measure,
    record::record,
};
use crate::{audit::Violation, database::Latency, history::History, workload::Mix};

/// Who asks: threads that wait by blocking, or tasks of one runtime that wait by giving way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// One operating-system thread each; on a simulated clock, a task each.
    Threads(u32),
    /// Tasks on a runtime with as many workers as there are cores.
    Tasks(u32),
}

/// What is measured: the same for every strategy that is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Accounts that are asked for, each as often as any other.
    pub users: u64,
    /// Who asks.
    pub clients: Clients,
    /// For what.
    pub mix: Mix,
    /// How long the store takes, where it simulates that. Anything but none runs on a simulated
    /// clock, and its figures are per simulated second. A reference asks no store, and what it
    /// shows there is only how often it is asked.
    pub latency: Latency,
}

/// How long and how often.
///
/// On a simulated clock each millisecond of a window becomes 7.5 times what a command takes on
/// average: 100 ms become 299 seconds of the assignment's latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Repetitions, each of every strategy in a new order.
    pub blocks: u32,
    /// Before anything counts.
    pub warm_up: Duration,
    /// In which commands are counted and no clock is read.
    pub capacity_window: Duration,
    /// In which some requests are timed, one in 64 at random. On a simulated clock, where the time
    /// is free, all are timed, in the capacity window too.
    pub latency_window: Duration,
    /// What scripts, orders and latencies are drawn from.
    pub seed: u64,
}

/// One run of one strategy in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// What is measured.
    pub cell: Cell,
    /// How long.
    pub schedule: Schedule,
    /// Which repetition, from 0. Strategies of one block are asked the same.
    pub block: u32,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Requests answered inside the capacity window, of all clients. One that was asked before it
    /// counts, and one that is answered after it does not: counting only whole ones would take one
    /// from each client, which is nothing among millions and a twelfth where 64 clients wait for
    /// one slow account.
    pub completed: u64,
    /// Length of the capacity window in nanoseconds, as it was and not as it was planned; 0 if it
    /// was never opened.
    pub window_ns: u64,
    /// The same of the client with the fewest.
    pub completed_by_slowest: u64,
    /// The same of the client with the most.
    pub completed_by_fastest: u64,
    /// Service times of the requests that were timed.
    pub latency: Quantiles,
    /// Commands of the whole run that were applied, with the charge that opened each account. Where
    /// nothing is unknown, the ledgers have so many entries.
    pub applied: u64,
    /// Commands of the whole run that a rule was in the way of.
    pub refused: u64,
    /// Requests of the whole run of which nobody knows, failed reads among them.
    pub unknown: u64,
    /// Balance reads of the whole run that were answered.
    pub reads: u64,
    /// Whether the books balance.
    pub verdict: Verdict,
    /// Whether the run was stopped before its windows were full.
    pub cut_short: bool,
}

/// Service times in nanoseconds: from the call to its return, in a closed loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantiles {
    /// Requests timed.
    pub samples: u64,
    /// Half of them were no slower.
    pub ns_p50: u64,
    /// 99 in 100 were no slower.
    pub ns_p99: u64,
    /// 999 in 1,000 were no slower.
    pub ns_p999: u64,
    /// None was slower.
    pub ns_max: u64,
}

/// What the audit of a run found.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Every entry of every ledger was checked, and so was every reply: the run was linearizable.
    Balanced {
        /// Ledger entries examined.
        entries: u64,
        /// Requests examined: all that were made, whatever became of them.
        operations: u64,
    },
    /// The books do not balance.
    Wrong {
        /// The first thing that proves it.
        violation: Violation,
    },
    /// There are no books: the run is a limit to measure others against.
    NoBooks,
}

/// Has one caller make so many requests of one kind, and gives the time that they took.
pub type Alone = fn(Kind, u64) -> Duration;

/// Records one strategy once, with at most so many requests of each client.
pub type Record = fn(&Trial, u64, &Stop) -> Result<History, Violation>;

/// Measures one strategy once.
pub type Measure = fn(&Trial, &Stop) -> Measurement;

/// Asked now and then whether to stop early.
pub type Stop = std::sync::atomic::AtomicBool;
