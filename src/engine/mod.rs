//! Drives a service with many clients, and has its books audited when the clock has stopped.
//!
//! Clients live through warm-up, measurement and drain without a pause, and only what lies whole
//! inside a window counts: a barrier and a fixed count would measure, on few cores, how long it
//! takes to start. Strategies are measured in blocks, each block all of them once in a shuffled
//! order, so that a machine that drifts drifts under all alike.
//!
//! ```text
//! Plan --> blocks --> Trial --> measure::<T> --> Measurement
//!                                 clients, windows, audit
//! ```

mod measure;

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

pub use self::measure::measure;
#[cfg(test)]
use self::measure::measure_within;
use crate::{audit::Violation, database::Latency, workload::Mix};

/// Who asks: threads that wait by blocking, or tasks of one runtime that wait by giving way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// One operating-system thread each.
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
    /// clock, and its figures are per simulated second.
    pub latency: Latency,
}

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Repetitions, each of every strategy in a new order.
    pub blocks: u32,
    /// Before anything counts.
    pub warm_up: Duration,
    /// In which commands are counted and no clock is read.
    pub capacity_window: Duration,
    /// In which some commands are timed, one in 64 at random.
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
    /// Requests that began and ended inside the capacity window, of all clients.
    pub completed: u64,
    /// Length of the capacity window in nanoseconds, as it was and not as it was planned.
    pub window_ns: u64,
    /// The same of the client with the fewest.
    pub completed_by_slowest: u64,
    /// The same of the client with the most.
    pub completed_by_fastest: u64,
    /// Service times of the requests that were timed in the latency window.
    pub latency: Quantiles,
    /// Commands of the whole run that were applied.
    pub applied: u64,
    /// Commands of the whole run that a rule was in the way of.
    pub refused: u64,
    /// Commands of the whole run of which nobody knows.
    pub unknown: u64,
    /// Balance reads of the whole run.
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
    /// Every entry of every ledger was checked, and so was every acknowledgement.
    Balanced {
        /// Ledger entries examined.
        entries: u64,
    },
    /// The books do not balance.
    Wrong {
        /// The first thing that proves it.
        violation: Violation,
    },
    /// There are no books: the run is a limit to measure others against.
    NoBooks,
}

/// Measures one strategy once.
pub type Measure = fn(&Trial, &Stop) -> Measurement;

/// Asked now and then whether to stop early.
pub type Stop = std::sync::atomic::AtomicBool;
