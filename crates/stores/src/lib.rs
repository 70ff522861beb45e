//! Real databases as stores of hotrow: SQLite and PostgreSQL.
//!
//! A hot row in a database can be protected by the database (a row lock, a version column, one
//! conditional statement) or by the program (a mutex, a queue). To compare the ways, both databases
//! are stores of [`hotrow`], so every strategy whose capability a database has runs on it.
//!
//! ```text
//!                      sqlite                               postgres
//! Store                a file in WAL mode                   a schema of its own
//! ConditionalStore     UPDATE .. WHERE version = ..         the same
//! TransactionalStore   Immediate                            RowLock, AdvisoryLock, Serializable
//! DecidingStore        ConditionalUpdate, GroupCommit       ConditionalUpdate, StoredFunction
//! BatchStore           many receipts, one transaction       many receipts, one statement
//! ResolvingStore       a tombstone under the operation id   the same
//! ```
//!
//! Both keep the same two tables. The number of a run is part of every key, because operation ids
//! repeat from run to run:
//!
//! ```text
//! account(run, user_id, balance, version)                            primary key (run, user_id)
//! ledger (run, user_id, version, op_id, amount, balance, time_ms)    primary key (run, user_id, version)
//!                                                                    unique      (run, op_id)
//! ```
//!
//! The two keys of the ledger guard against what a strategy may get wrong. A second entry at one
//! version is a lost update, which becomes a visible conflict. A second entry of one operation is a
//! command applied twice, which becomes a look-up of the first.
//!
//! | module | contents |
//! |---|---|
//! | `sqlite` | the embedded store; feature `sqlite`, on by default |
//! | `postgres` | the client-server store, and a private server for it; feature `postgres` |
//! | `proxy` | a TCP proxy that delays, cuts, stalls and swallows; feature `proxy` |
//!
//! # Examples
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use hotrow::{
//!     domain::{Amount, Policy, UserId},
//!     service::PointService,
//!     store::{ConditionalUpdate, StoreConfig},
//!     strategy::InStore,
//! };
//! use hotrow_stores::sqlite::Sqlite;
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! runtime.block_on(async {
//!     // Without a location, the store has a file of its own in a temporary folder.
//!     let config = StoreConfig::default();
//!     type Strategy = InStore<Sqlite<()>, ConditionalUpdate>;
//!     let service = PointService::<Strategy>::open(&config, Policy::default()).await?;
//!     let user = UserId::new(7)?;
//!     let entry = service.charge(user, Amount::new(100)?).await?;
//!     assert_eq!(entry.receipt.after.balance, 100);
//!     assert_eq!(service.balance(user).await?.balance, 100);
//!     Ok(())
//! })
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

#![deny(missing_docs)]

#[cfg(test)]
mod commands;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod rows;
mod run;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod scratch;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use self::run::Run;
