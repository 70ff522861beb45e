//! The options of the store.

use std::{sync::Arc, time::Duration};

use hotrow::{clock::CoarseClock, store::StoreConfig};

use super::{PostgresServer, Schema};
use crate::Run;

/// How the store is opened.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// The server and the database.
    pub location: Location,
    /// The schema of the tables. `None` for a schema of this store's own, which is dropped with it.
    /// Stores that share one share the server's caches too, as the blocks of a measurement should.
    pub schema: Option<Arc<Schema>>,
    /// Without a `schema`: whether the tables are in the schema `hotrow`, which stays.
    pub keeps_schema: bool,
    /// The accounts to work on.
    pub run: Run,
    /// The largest number of connections, 1 and up. Commands beyond it wait for one. On a hot row,
    /// few connections are faster than many.
    pub pool: usize,
    /// What a commit waits for.
    pub synchronous_commit: SynchronousCommit,
    /// The longest wait for a connection, and for the answer to a statement.
    pub timeout: Duration,
    /// The clock for the times of ledger entries.
    pub clock: CoarseClock,
}

/// A server and a database in it.
#[derive(Debug, Clone, Default)]
pub enum Location {
    /// A private server, which lives as long as a store uses it. Stores of one process share it.
    #[default]
    Private,
    /// A URL, as `postgres://user:password@host:5432/database`.
    Url(String),
}

/// What a commit waits for: the durability of what is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SynchronousCommit {
    /// The log is synced before a commit returns. Nothing acknowledged is lost.
    #[default]
    On,
    /// The log is synced soon after. A crash of the server may lose what was acknowledged last.
    Off,
}

impl SynchronousCommit {
    pub(super) fn setting(self) -> &'static str {
        match self {
            SynchronousCommit::On => "on",
            SynchronousCommit::Off => "off",
        }
    }
}

impl Default for PostgresConfig {
    fn default() -> PostgresConfig {
        PostgresConfig {
            location: Location::Private,
            schema: None,
            keeps_schema: false,
            run: Run::New,
            pool: 16,
            synchronous_commit: SynchronousCommit::On,
            timeout: Duration::from_secs(10),
            clock: CoarseClock::now(),
        }
    }
}

impl From<&StoreConfig> for PostgresConfig {
    fn from(config: &StoreConfig) -> PostgresConfig {
        PostgresConfig {
            location: config.location.clone().map_or(Location::Private, Location::Url),
            run: if config.keeps_accounts { Run::SERVICE } else { Run::New },
            keeps_schema: config.keeps_accounts,
            clock: config.tick.clone(),
            ..PostgresConfig::default()
        }
    }
}

impl PostgresConfig {
    /// The options for a store on this `server`.
    pub fn on(server: &PostgresServer) -> PostgresConfig {
        PostgresConfig { location: Location::Url(server.url()), ..PostgresConfig::default() }
    }
}
