//! Audits a run: checks every reply against ledgers, rules and real time.
//!
//! When a run is over and every request has been answered, two things are known: the ledgers, and
//! the requests and replies of each client with their times. Every reply carries a balance and a
//! version, so the auditor knows after which ledger entry each operation was decided. It proves
//! that the run was linearizable in the order of its ledgers, or finds the first contradiction:
//!
//! ```text
//! correspondence  replies <-> entries  each acknowledged command is in the ledger once, at its
//!                                      version; a rejected one never, an indeterminate one at
//!                                      most once
//! replay          entries <-- rules    versions count from 1, each entry follows from the one
//!                                      before; replies have the balances of the ledger;
//!                                      rejections are right
//! real time       write  ->  write     a write that returned before another was called precedes it
//! read placement  write <->  read      a read follows all writes that returned before its call,
//!                                      and precedes all writes that were called after its return
//! read order      read   ->  read      a read sees no less than one that returned before its call
//! late change     account, ledger      a second look after the run finds both unchanged
//! ```
//!
//! A rejection counts as a read. `sweep.rs` explains why a single sweep is enough, and why it needs
//! no memory for finished operations. The auditor knows neither strategies nor stores.
//!
//! [`RunRecord`] holds the logs of a measured run, and [`audit_history`] takes any recorded
//! history. The auditor reads only the end of a ledger a second time, which costs next to nothing
//! at any length: late entries make the ledger longer. It does not look for older entries that
//! change in place.

mod display;
mod log;
mod measured;
mod recorded;
mod run_record;
mod sweep;
mod violation;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

pub use self::{
    log::{Counts, Log},
    recorded::audit_history,
    run_record::{ClientLog, PAGE_ENTRIES, RunRecord},
    violation::{Check, Violation},
};

/// The size of an audit that found no violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audited {
    /// Operations: reads, and commands of every outcome.
    pub operations: u64,
    /// Ledger entries.
    pub entries: u64,
}

impl Audited {
    fn add(&mut self, more: Audited) {
        self.operations += more.operations;
        self.entries += more.entries;
    }
}
