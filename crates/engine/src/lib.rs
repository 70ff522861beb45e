//! Drives a service with many clients, and audits it after the run.
//!
//! Clients run through warm-up, measurement and drain without a pause, and only answers inside a
//! window count. With a barrier and a fixed count, on few cores, the start-up time would be
//! measured instead. Strategies are measured in blocks. Each block has all of them once, in
//! shuffled order, so a machine whose speed drifts affects all of them alike.
//!
//! ```text
//! Comparison --> blocks --> Iteration --> measure::<T> --> Measurement
//!                                          pilot, clients and windows, audit
//! ```
//!
//! An iteration ends whatever a strategy does. Commands that panic are indeterminate. Clients that
//! are never answered are abandoned, with the threads that wait for them.

#![deny(missing_docs)]

mod arrival_schedule;
mod measure;
mod record;
mod single_client;

pub mod blocks;

mod client;
mod client_threads;
mod coordinate;
mod interference;
mod latency_histogram;
mod phases;
mod prepare;
mod run;
mod run_clock;
mod run_state;

#[cfg(test)]
mod tests;

use std::time::Duration;

#[cfg(test)]
use self::measure::measure_within;
pub use self::{
    interference::Machine,
    latency_histogram::LatencyHistogram,
    measure::measure,
    phases::{mean_command, planned_window},
    record::record,
    single_client::{RequestKind, single_client},
};
use hotrow::scenario::Scenario;
use hotrow_verify::{
    audit::{Audited, Violation},
    history::History,
};

/// The lengths of the phases, and the number of blocks.
///
/// On a simulated clock, each millisecond of a window becomes 7.5 times the mean duration of a
/// command: 100 ms become 299 seconds of the assignment's latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The number of blocks. Each measures every strategy once, in a new order.
    pub blocks: u32,
    /// The phase before the windows. Nothing in it counts.
    pub warm_up: Duration,
    /// The window in which requests are counted and no clock is read.
    pub capacity_window: Duration,
    /// The window in which one request in 64 is timed, at random. On a simulated clock, where
    /// reading the time is free, all requests are timed, in the capacity window too. An open loop
    /// also times all requests, and adds this window to the capacity window.
    pub latency_window: Duration,
    /// The seed of requests, orders and latencies.
    pub seed: u64,
}

/// One measurement of one strategy in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// The scenario.
    pub scenario: Scenario,
    /// The lengths of the phases.
    pub schedule: Schedule,
    /// The number of the block, from 0. Strategies of one block get the same requests.
    pub block: u32,
    /// Where a database is: a file or a URL. `None` for a private place, and in memory.
    pub location: Option<&'static str>,
}

/// The result of an iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Requests answered inside the capacity window, by client. A request that was sent before the
    /// window and answered inside it counts; one that was answered after it does not. Counting only
    /// requests that lie inside would take one from each client, which is nothing among millions
    /// and a twelfth where 64 clients wait for one slow account. In an open loop, these are the
    /// requests that were sent inside the window and answered at any time, which can be compared
    /// with the due requests. A client that is never answered again has 0.
    pub completed_by: Vec<u64>,
    /// The actual length of the capacity window, in nanoseconds; 0 if it never opened.
    pub window_ns: u64,
    /// Service times of the timed requests, from the call to its return.
    pub service: LatencyHistogram,
    /// The results of an open loop.
    pub open: Option<OpenLoop>,
    /// The longest observed wait of a client of a closed loop inside the windows, in nanoseconds,
    /// sampled every few milliseconds; 0 if no client was seen waiting in two samples.
    pub stalled_ns_max: u64,
    /// The processor time of the process on all cores during the capacity window, in nanoseconds; 0
    /// if it is not known.
    pub cpu_ns: u64,
    /// Voluntary context switches of the process during that window.
    pub switches_voluntary: u64,
    /// Involuntary context switches (preemptions) during that window.
    pub switches_forced: u64,
    /// Failed commits of the whole run whose commands were decided again, if the strategy counts
    /// them.
    pub retries: Option<u64>,
    /// Applied commands of the whole run, with the charge that opened each account. If no request
    /// is indeterminate, the ledgers have this number of entries.
    pub applied: u64,
    /// Commands of the whole run that a rule rejected.
    pub rejected: u64,
    /// Commands of the whole run that are certainly not applied, because the store failed.
    pub not_applied: u64,
    /// Indeterminate requests of the whole run, with failed reads.
    pub indeterminate: u64,
    /// Answered balance reads of the whole run.
    pub reads: u64,
    /// The result of the audit, which checks every entry of every ledger and every reply: the run
    /// was linearizable, or the first contradiction. `None` if there is no ledger to check, because
    /// the contender is a reference.
    pub verdict: Option<Result<Audited, Violation>>,
    /// Whether the run was stopped before the end of its windows.
    pub truncated: bool,
}

impl Measurement {
    /// Returns the number of requests answered inside the capacity window, of all clients.
    pub fn completed(&self) -> u64 {
        self.completed_by.iter().sum()
    }
}

/// The results of an open loop.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenLoop {
    /// Requests that were due inside the window.
    pub due: u64,
    /// Due requests that were sent more than 10 microseconds late, because every client was busy or
    /// the machine was late; on a simulated clock, those that were sent late at all.
    pub late_starts: u64,
    /// The largest number of requests that were due while no client was free to send them.
    pub backlog_max: u64,
    /// Response times, from when a request was due to its answer, of all requests that were due
    /// inside the window. A request that was not sent within a second of the window's end (on a
    /// simulated clock, within 16 commands) is missing.
    pub response: LatencyHistogram,
}

/// Times one client that sends a number of requests of one kind.
pub type SingleClientFn = fn(RequestKind, u64) -> Duration;

/// Records one strategy once. Each client sends at most the given number of requests.
pub type Record = fn(&Iteration, u64, &Stop) -> Result<History, Violation>;

/// Measures one strategy once.
pub type Measure = fn(&Iteration, &Stop) -> Measurement;

/// A flag that stops a run early.
pub type Stop = std::sync::atomic::AtomicBool;
