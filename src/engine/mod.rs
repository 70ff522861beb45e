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
mod arrival_schedule;
mod measure;
mod record;

pub mod blocks;

mod client;
mod conduct;
mod course;
mod crew;
mod outside;
mod prepare;
mod run;
mod times;
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
    outside::Machine,
    record::record,
    times::Times,
};
use crate::{
    audit::Violation,
    database::Latency,
    history::History,
    workload::{Arrivals, Keys, Mix},
};

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
    /// Accounts that are asked for.
    pub users: u64,
    /// How often each of them is.
    pub keys: Keys,
    /// Who asks.
    pub clients: Clients,
    /// For what.
    pub mix: Mix,
    /// When.
    pub load: Load,
    /// How much longer a command takes to decide, in rounds of
    /// [`Policy::with_work`](crate::domain::Policy::with_work).
    pub work: u32,
    /// Whether the store keeps ledgers. Where it does not, replies alone are audited, which must
    /// then be one history of each account.
    pub history: bool,
    /// How long the store takes, where it simulates that. Anything but none runs on a simulated
    /// clock, and its figures are per simulated second. A reference asks no store, and what it
    /// shows there is only how often it is asked.
    pub latency: Latency,
}

impl Cell {
    /// One account of a store without latency that is charged and used as fast as can be.
    pub const fn hot_row(clients: Clients) -> Cell {
        Cell {
            users: 1,
            keys: Keys::Uniform,
            clients,
            mix: Mix::WRITE_ONLY,
            load: Load::CLOSED,
            work: 0,
            history: true,
            latency: Latency::None,
        }
    }
}

/// When a client asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// When it has been answered, and has thought about it.
    Closed {
        /// For how long. Below five milliseconds it keeps its core, or lets other tasks run, since
        /// sleep is not that exact; on a simulated clock it is exact.
        think: Duration,
    },
    /// At times that were fixed beforehand for all clients together. A client that is free takes the
    /// next of them; a request that is due while none is free is sent as soon as one is.
    Open {
        /// How these lie.
        arrivals: Arrivals,
        /// Requests a second, of all clients together; a simulated second where there is one.
        per_second: f64,
    },
}

impl Load {
    /// A closed loop without a pause.
    pub const CLOSED: Load = Load::Closed { think: Duration::ZERO };

    /// Whether requests are promised at a rate.
    pub fn is_open(self) -> bool {
        matches!(self, Load::Open { .. })
    }
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
    /// is free, all are timed, in the capacity window too. In an open loop, which times all as well,
    /// this is added to the capacity window.
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
    /// Requests answered inside the capacity window, by client. One that was asked before it
    /// counts, and one that is answered after it does not: counting only whole ones would take one
    /// from each client, which is nothing among millions and a twelfth where 64 clients wait for
    /// one slow account. In an open loop, those that were sent inside it and answered at any time, which
    /// is what can be compared with those that were due. A client that was never answered again has none.
    pub completed_by: Vec<u64>,
    /// Length of the capacity window in nanoseconds, as it was and not as it was planned; 0 if it
    /// was never opened.
    pub window_ns: u64,
    /// Service times, from the call to its return, of the requests that were timed.
    pub service: Times,
    /// What an open loop shows beside.
    pub open: Option<OpenLoop>,
    /// The longest that any client of a closed loop was seen to wait inside the windows, looked at
    /// every few milliseconds; 0 where nobody was seen to wait twice.
    pub stalled_ns_max: u64,
    /// Time of all cores that the process used while the capacity window was open; 0 where that is
    /// not known.
    pub cpu_ns: u64,
    /// Times that a thread of the process gave its core away in that window because it had to wait.
    pub switches_voluntary: u64,
    /// Times that one was taken off its core in that window.
    pub switches_forced: u64,
    /// Losses of races after which a command was decided again, of the whole run, where the strategy
    /// counts them.
    pub retries: Option<u64>,
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

impl Measurement {
    /// Requests answered inside the capacity window, of all clients.
    pub fn completed(&self) -> u64 {
        self.completed_by.iter().sum()
    }
}

/// How an open loop went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenLoop {
    /// Requests that were due inside the window.
    pub scheduled: u64,
    /// Those of them that were sent more than 10 microseconds after they were due, since every client
    /// waited or the machine was late; on a simulated clock, at all after it.
    pub late: u64,
    /// The most requests that were due at a time while no client was free to send them.
    pub backlog_max: u64,
    /// Times from when a request was due to its answer, of all that were due inside the window. A
    /// request that was not sent within a second of its end (on a simulated clock, 16 commands) is
    /// not among them.
    pub response: Times,
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
