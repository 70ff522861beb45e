//! SQLite: one file, in this process.
//!
//! SQLite has one writer at a time and any number of readers, and its calls block. So the store has
//! threads of its own, each with a connection: one that writes, some that read, and some for
//! transactions that a caller holds open. A caller sends a job to a thread and suspends until the
//! reply.
//!
//! ```text
//! load, history            -> a reader     sees every commit before it, waits for none
//! commit, commit_all, ..   -> the writer   one transaction each
//! GroupCommit              -> the writer   up to 64 waiting commands in one transaction
//! Immediate                -> a thread of its own from BEGIN IMMEDIATE to COMMIT
//! ```
//!
//! The file is in WAL mode. With [`Synchronous::Full`], the default, the write-ahead log is synced
//! before a commit is acknowledged, so a crash of the machine loses nothing acknowledged.
//!
//! An error before COMMIT is certain: nothing is written. So is a COMMIT that finds the file locked.
//! After any other error of COMMIT the log may hold the transaction already, so the outcome is
//! indeterminate.

mod config;
mod error;
mod group;
mod migrations;
mod statements;
mod store;
#[cfg(test)]
mod tests;
mod transaction;
mod worker;

pub use self::{
    config::{SqliteConfig, Synchronous},
    group::{GROUP_MAX, GroupCommit},
    store::{Sqlite, SqliteEntry},
    transaction::ImmediateTransaction,
};
