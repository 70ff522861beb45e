//! Whether what clients were told and what is written can have happened.
//!
//! After a run, and after everybody has been answered, two things are known: what the ledgers say,
//! and what the clients were told and when. Every reply testifies to an account, balance and version,
//! and so the auditor knows of every operation after which entry it was decided. It proves, or finds
//! the first thing that contradicts, that the run was linearizable in the order of its ledgers:
//!
//! ```text
//! books        replies <-> entries   each acknowledged command is in the ledger, at its version
//!                                    and once; no refused one; an unknown one at most once
//! replay       entries <-- rules     versions from 1, each entry from where the last one ended;
//!                                    balances told are those written, refusals are right
//! real time    write  ->  write      who was answered before another asked comes first
//! place        write <->  read       a read lies behind all writes before it, before all after it
//! read order   read   ->  read       no read goes back behind one that was answered before
//! late change  account, ledger       asked for twice when all is quiet, and the same
//! ```
//!
//! A refusal is a read that found a rule in the way. Why no more than one sweep is needed for all
//! of it, and no memory for operations that are done, is told in the file `sweep.rs`. The auditor
//! knows neither strategies nor stores.
//!
//! [`Books`] are the logs of a measured run, [`witness`] takes any recorded history. A ledger is
//! asked for a second time only at its end, which costs next to nothing however long it is: entries
//! that come late make it longer. That older entries are changed in place is not looked for.

mod books;
mod log;
mod measured;
mod recorded;
mod sweep;
mod told;
mod violation;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

pub use self::{
    books::{Books, PAGE_ENTRIES, Sheet},
    log::{Counts, Log},
    recorded::witness,
    violation::{Step, Violation},
};

/// How much an audit that found nothing wrong has examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examined {
    /// Operations: commands, refused and unknown ones among them, and reads.
    pub operations: u64,
    /// Ledger entries.
    pub entries: u64,
}

impl Examined {
    fn add(&mut self, more: Examined) {
        self.operations += more.operations;
        self.entries += more.entries;
    }
}
