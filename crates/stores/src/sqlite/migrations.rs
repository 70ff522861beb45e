//! The schema of the file, in versions that only go forward.
//!
//! SQLite keeps two numbers in a file for its owner: the application, which says that the tables are
//! ours, and the version of the schema.

use std::path::Path;

use hotrow::domain::{StoreError, StoreErrorKind};
use rusqlite::{Connection, TransactionBehavior};

use super::error::{open_error, store_error};
use crate::Run;

/// Marks a file as one of this store: `hotr` in ASCII.
const APPLICATION_ID: i64 = 0x686f_7472;

/// The migrations, in order. Migration n leads from version n to n + 1, and is never changed once
/// it is released.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE account (
        run INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        balance INTEGER NOT NULL,
        version INTEGER NOT NULL,
        PRIMARY KEY (run, user_id)
    ) WITHOUT ROWID;
    CREATE TABLE ledger (
        run INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        version INTEGER NOT NULL,
        op_id INTEGER NOT NULL,
        amount INTEGER NOT NULL,
        balance INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        PRIMARY KEY (run, user_id, version)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX ledger_op ON ledger (run, op_id);
"];

/// Brings the schema of `file` to the last version, in one transaction.
///
/// # Errors
/// [`StoreError`] if the file belongs to another program, or to a newer version of this one.
pub(super) fn migrate(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let failed = |error| open_error(file, error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let number = |pragma: &str| {
        transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(failed)
    };
    let (owner, version) = (number("application_id")?, number("user_version")?);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables = transaction.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    if owner != APPLICATION_ID && (owner, version, tables) != (0, 0, 0) {
        return Err(foreign(file));
    }
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(missing) = MIGRATIONS.get(version..) else { return Err(newer(file, version)) };
    for migration in missing {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    let version = i64::try_from(MIGRATIONS.len()).expect("there are few migrations");
    transaction.pragma_update(None, "user_version", version).map_err(failed)?;
    transaction.commit().map_err(failed)
}

#[cold]
fn foreign(file: &Path) -> StoreError {
    let message =
        format!("{}: the database belongs to another program: give another file", file.display());
    StoreError::new(StoreErrorKind::Failed, message)
}

#[cold]
fn newer(file: &Path, version: usize) -> StoreError {
    let known = MIGRATIONS.len();
    let message = format!(
        "{}: its schema has version {version}, and this program knows {known}: use a newer program",
        file.display()
    );
    StoreError::new(StoreErrorKind::Failed, message)
}

/// Returns the number of `run`, and makes a new one if asked to.
///
/// # Errors
/// [`StoreError`] if the number could not be written.
pub(super) fn number_of(run: Run, connection: &Connection) -> Result<i64, StoreError> {
    match run {
        Run::Join(number) => Ok(number.into()),
        Run::New => {
            connection.execute("INSERT INTO run DEFAULT VALUES", []).map_err(store_error)?;
            Ok(connection.last_insert_rowid())
        }
    }
}
