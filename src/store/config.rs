//! The options that a store is opened with.

use crate::{clock::CoarseClock, scenario::Latency, timer::Timer};

/// What a program that works with any store can say about the store that it opens.
///
/// Each store takes from it what applies to it, through [`Store::Config`](super::Store::Config), and
/// ignores the rest: a store in memory has no location, and a database no simulated latency.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Users 1 to this number have their entries side by side, found by index. Any other user is
    /// found through a map. This is a hint on layout: a store serves every user whatever it says.
    pub dense_users: u64,
    /// Ledger entries whose memory is touched in advance, so that no commit causes a page fault.
    pub ledger_entries: u64,
    /// Whether the store keeps ledgers. Without them every history is empty, and a commit writes
    /// only the account.
    pub ledger: bool,
    /// The latency of a store that simulates one.
    pub latency: Latency,
    /// The seed of the simulated latencies.
    pub seed: u64,
    /// The clock for the times of ledger entries.
    pub tick: CoarseClock,
    /// The timer on which a simulated latency waits.
    pub timer: Timer,
    /// Where a store outside this process lives: a file or a URL, as `postgres://user@host/db`.
    /// `None` for a new and empty place that belongs to the store alone.
    pub location: Option<String>,
    /// Whether the accounts at that location stay, and the next store that opens it with this option
    /// continues with them. Otherwise each store has new accounts.
    pub keeps_accounts: bool,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig {
            dense_users: 1_024,
            ledger_entries: 0,
            ledger: true,
            latency: Latency::None,
            seed: 1,
            tick: CoarseClock::now(),
            timer: Timer::default(),
            location: None,
            keeps_accounts: false,
        }
    }
}

/// A store in memory takes the options as they are.
impl From<&StoreConfig> for StoreConfig {
    fn from(config: &StoreConfig) -> StoreConfig {
        config.clone()
    }
}
