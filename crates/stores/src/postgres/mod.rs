//! PostgreSQL: a server, over a pool of connections.
//!
//! Every statement is prepared once for each connection. Statements that do not depend on each
//! other's results are sent together, so a transaction takes two round trips: one for BEGIN and the
//! load, one for the write and COMMIT.
//!
//! ```text
//! row-lock       BEGIN; SELECT .. FOR UPDATE      |  write; COMMIT
//! advisory-lock  BEGIN; lock; SELECT              |  write; COMMIT
//! serializable   BEGIN; SELECT                    |  write; COMMIT     aborted if another wrote
//! version        SELECT                           |  UPDATE .. WHERE version = ..
//! conditional-update, stored-function, commit_all: one statement
//! ```
//!
//! The tables lie in a schema of their own. The store creates, migrates and drops that schema and
//! touches no other.
//!
//! # Errors
//!
//! An error that the server sends with severity ERROR ends the statement and its transaction, so it
//! is certain that nothing is written. After a lost connection, a time-out or a FATAL error during
//! a write the outcome is indeterminate.
//!
//! | SQLSTATE | kind |
//! |---|---|
//! | 40001 serialization failure, 40P01 deadlock, 23505 unique key | `Conflict` |
//! | 55P03 lock time-out, 53300 too many connections | `Busy` |
//! | 57014 statement time-out | `Timeout` |
//! | 28xxx wrong user or password, 3D000 no such database | `Refused` |
//! | 57P0x shutdown, 08xxx connection | `Disconnected` |

mod config;
mod decide;
mod error;
mod pool;
mod schema;
mod server;
mod statements;
mod store;
#[cfg(test)]
mod tests;
mod transaction;

pub use self::{
    config::{Location, PostgresConfig, SynchronousCommit},
    error::ErrorCounts,
    schema::Schema,
    server::{PostgresServer, ServerOptions},
    store::{Postgres, PostgresEntry},
    transaction::PostgresTransaction,
};
