//! SQLite's errors as errors of a store.

use std::path::Path;

use hotrow::domain::{CommitError, StoreError, StoreErrorKind};
use rusqlite::{Error, ErrorCode, ffi};

/// A lock of another writer was not released in time, though a read began before that write: the
/// transaction must begin again.
const BUSY_SNAPSHOT: i32 = ffi::SQLITE_BUSY_SNAPSHOT;

/// Types an error of a statement before COMMIT. Nothing is written then.
#[cold]
pub(super) fn store_error(error: Error) -> StoreError {
    let kind = match error.sqlite_error() {
        Some(inner) if inner.extended_code == BUSY_SNAPSHOT => StoreErrorKind::Conflict,
        Some(inner) => match inner.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Busy,
            ErrorCode::ConstraintViolation => StoreErrorKind::Conflict,
            _ => StoreErrorKind::Failed,
        },
        None => StoreErrorKind::Failed,
    };
    StoreError::new(kind, advice(&error))
}

/// Types an error of COMMIT. SQLite does not begin to write before it has the lock, so a file that
/// is locked is certain.
#[cold]
pub(super) fn commit_error(error: Error) -> CommitError {
    let error = store_error(error);
    match error.kind() {
        StoreErrorKind::Busy | StoreErrorKind::Conflict => CommitError::NotApplied(error),
        _ => CommitError::Indeterminate(error),
    }
}

/// Types an error of opening `file`, and names the file.
#[cold]
pub(super) fn open_error(file: &Path, error: Error) -> StoreError {
    let error = store_error(error);
    StoreError::new(error.kind(), format!("{}: {}", file.display(), error.message()))
}

/// The error in words, with what to do where that is known.
fn advice(error: &Error) -> String {
    let Some(inner) = error.sqlite_error() else { return error.to_string() };
    let advice = match inner.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "another program writes to the file: end it, or wait"
        }
        ErrorCode::DiskFull => "the disk is full: free some space",
        ErrorCode::ReadOnly => "the file cannot be written: check its permissions",
        ErrorCode::CannotOpen => {
            "the file cannot be opened: check that its folder exists and can be written"
        }
        ErrorCode::NotADatabase => "the file is not an SQLite database: give another file",
        ErrorCode::DatabaseCorrupt => "the file is damaged: restore it from a backup",
        ErrorCode::SystemIoFailure => return format!("the file system failed: {error}"),
        ErrorCode::ConstraintViolation => {
            "the account changed meanwhile: another writer took its version"
        }
        _ => return error.to_string(),
    };
    advice.to_owned()
}

/// The error of a store whose thread has ended.
#[cold]
pub(super) fn thread_ended() -> StoreError {
    StoreError::constant(StoreErrorKind::Failed, "a thread of the store has ended")
}
