//! The engines that the tests run on.

use std::time::Duration;

use hotrow::domain::{Bounds, Policy};
use hotrow_stores::{
    postgres::{PostgresConfig, PostgresServer},
    sqlite::SqliteConfig,
};

/// Starts a server, or says on the standard error what is skipped.
pub(crate) async fn postgres(test: &str) -> Option<PostgresServer> {
    if !PostgresServer::is_installed() {
        let required = std::env::var("HOTROW_POSTGRES").is_ok_and(|value| value == "required");
        assert!(!required, "HOTROW_POSTGRES=required, and no PostgreSQL is installed");
        eprintln!("SKIPPED, no PostgreSQL is installed here: {test}");
        return None;
    }
    Some(PostgresServer::start().await.unwrap())
}

pub(crate) fn postgres_config(server: &PostgresServer) -> PostgresConfig {
    // Other tests run beside: no answer may take too long for a slow machine.
    PostgresConfig { timeout: Duration::from_secs(60), ..PostgresConfig::on(server) }
}

pub(crate) fn sqlite_config() -> SqliteConfig {
    SqliteConfig { lock_timeout: Duration::from_secs(60), ..SqliteConfig::default() }
}

/// A policy that rejects some commands of every kind, on an account whose balance stays small.
pub(crate) fn tight_policy() -> Policy {
    Policy::new(Bounds { amount_min: 2, amount_max: 40, unit: 2, balance_max: 120 }).unwrap()
}

/// A runtime with two threads, as a program has one.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(test)
}
