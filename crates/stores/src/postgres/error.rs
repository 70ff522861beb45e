//! PostgreSQL's errors as errors of a store, and how many of each kind there were.

use std::sync::atomic::{AtomicU64, Ordering};

use hotrow::domain::{CommitError, StoreError, StoreErrorKind};
use tokio_postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

/// The numbers of errors of a store so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorCounts {
    /// Serialization failures (40001).
    pub serialization_failures: u64,
    /// Deadlocks (40P01).
    pub deadlocks: u64,
    /// Writes that met an entry of the same version (23505).
    pub unique_violations: u64,
    /// Locks, connections and answers that did not come in time (55P03, 57014, 53300).
    pub timeouts: u64,
    /// Lost and refused connections (08xxx, 57P0x, 28xxx).
    pub disconnects: u64,
    /// Any others.
    pub others: u64,
}

/// Counts errors by kind.
#[derive(Debug, Default)]
pub(super) struct ErrorCounters {
    serialization_failures: AtomicU64,
    deadlocks: AtomicU64,
    unique_violations: AtomicU64,
    timeouts: AtomicU64,
    disconnects: AtomicU64,
    others: AtomicU64,
}

impl ErrorCounters {
    // Relaxed throughout: statistics order nothing.
    pub(super) fn counts(&self) -> ErrorCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ErrorCounts {
            serialization_failures: load(&self.serialization_failures),
            deadlocks: load(&self.deadlocks),
            unique_violations: load(&self.unique_violations),
            timeouts: load(&self.timeouts),
            disconnects: load(&self.disconnects),
            others: load(&self.others),
        }
    }

    /// Types `error` and counts it.
    #[cold]
    pub(super) fn store_error(&self, error: &Error) -> StoreError {
        let kind = kind(error);
        let counter = match (error.code(), kind) {
            (Some(code), _) if *code == SqlState::T_R_DEADLOCK_DETECTED => &self.deadlocks,
            (Some(code), _) if *code == SqlState::UNIQUE_VIOLATION => &self.unique_violations,
            (_, StoreErrorKind::Conflict) => &self.serialization_failures,
            (_, StoreErrorKind::Busy | StoreErrorKind::Timeout) => &self.timeouts,
            (_, StoreErrorKind::Disconnected | StoreErrorKind::Refused) => &self.disconnects,
            _ => &self.others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        StoreError::new(kind, message(error))
    }

    /// Types an error of a statement that writes.
    #[cold]
    pub(super) fn commit_error(&self, error: &Error) -> CommitError {
        let typed = self.store_error(error);
        match is_certain(error) {
            true => CommitError::NotApplied(typed),
            false => CommitError::Indeterminate(typed),
        }
    }

    /// An answer that did not come in time.
    #[cold]
    pub(super) fn timeout(&self, message: String) -> StoreError {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
        StoreError::new(StoreErrorKind::Timeout, message)
    }
}

/// Whether the server ended the statement, and with it the transaction, without a write. After a
/// FATAL error or none at all, it may have committed before.
fn is_certain(error: &Error) -> bool {
    error.as_db_error().and_then(DbError::parsed_severity) == Some(Severity::Error)
}

/// Whether the error is that of a unique key.
pub(super) fn is_duplicate(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

pub(super) fn kind(error: &Error) -> StoreErrorKind {
    let Some(code) = error.code() else {
        // Without a server's answer the connection itself has failed.
        return StoreErrorKind::Disconnected;
    };
    match code.code() {
        "40001" | "40P01" | "23505" => StoreErrorKind::Conflict,
        "55P03" | "53300" => StoreErrorKind::Busy,
        "57014" => StoreErrorKind::Timeout,
        "57P01" | "57P02" | "57P03" => StoreErrorKind::Disconnected,
        "3D000" => StoreErrorKind::Refused,
        code if code.starts_with("28") => StoreErrorKind::Refused,
        code if code.starts_with("08") => StoreErrorKind::Disconnected,
        _ => StoreErrorKind::Failed,
    }
}

/// The error in one line: the server's words, with the hint that it may give.
pub(super) fn message(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => match db.hint() {
            Some(hint) => format!("{} ({hint})", db.message()),
            None => db.message().to_owned(),
        },
        None => match std::error::Error::source(error) {
            Some(source) => source.to_string(),
            None => error.to_string(),
        },
    }
}
