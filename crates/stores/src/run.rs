//! Runs: sets of accounts that share the tables of one database and nothing else.

/// The accounts that a store works on.
///
/// Operation ids repeat from run to run, and emptying the tables between two runs would change what
/// is measured. So the number of a run is part of every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Run {
    /// New accounts, under the next number that the database has.
    #[default]
    New,
    /// The accounts of this run, 0 to 2^31 - 1. Several processes that share accounts give the same
    /// number, and a service that keeps its accounts gives the same number at every start.
    Join(u32),
}

impl Run {
    /// The run of a service. No new run has this number.
    pub const SERVICE: Run = Run::Join(0);
}
