//! The options of the store.

use std::{path::PathBuf, time::Duration};

use hotrow::{clock::CoarseClock, store::StoreConfig};

use crate::Run;

/// How the store is opened.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The database file, which is created if there is none. `None` for a file of the store's own
    /// in a temporary folder, which is removed with the store.
    pub file: Option<PathBuf>,
    /// The accounts to work on.
    pub run: Run,
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// Threads that read, 1 and up.
    pub readers: usize,
    /// Transactions that callers can hold open at a time, 1 and up. One of them at a time writes.
    pub transactions: usize,
    /// The longest wait for another writer's lock on the file.
    pub lock_timeout: Duration,
    /// The clock for the times of ledger entries.
    pub clock: CoarseClock,
}

/// What a commit waits for: the durability of what is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// The log is synced before a commit returns. Nothing acknowledged is lost.
    #[default]
    Full,
    /// The log is synced now and then. A crash of the machine may lose what was acknowledged last;
    /// a crash of the program loses nothing.
    Normal,
    /// Nothing is synced. A crash of the machine may damage the file; a crash of the program loses
    /// nothing.
    Off,
}

impl Synchronous {
    pub(super) fn pragma(self) -> &'static str {
        match self {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
            Synchronous::Off => "OFF",
        }
    }
}

impl Default for SqliteConfig {
    fn default() -> SqliteConfig {
        SqliteConfig {
            file: None,
            run: Run::New,
            synchronous: Synchronous::Full,
            readers: 2,
            transactions: 8,
            lock_timeout: Duration::from_secs(5),
            clock: CoarseClock::now(),
        }
    }
}

impl From<&StoreConfig> for SqliteConfig {
    fn from(config: &StoreConfig) -> SqliteConfig {
        SqliteConfig {
            file: config.location.as_ref().map(PathBuf::from),
            run: if config.keeps_accounts { Run::SERVICE } else { Run::New },
            clock: config.tick.clone(),
            ..SqliteConfig::default()
        }
    }
}
