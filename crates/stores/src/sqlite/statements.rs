//! The statements, each prepared once for a connection.

use hotrow::{
    domain::{
        Account, Action, Command, CommitError, Failure, LedgerEntry, OperationId, Outcome, Policy,
        Receipt, StoreError, StoreErrorKind, UserId, VERSION_LIMIT,
    },
    store::{Page, Resolution},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::error::{commit_error, store_error};
use crate::rows::{self, LedgerRow, NO_USER, signed_amount, user_column};

/// The result of a part of a transaction: `Err` before COMMIT means that nothing is written.
pub(super) type Part<T> = Result<T, CommitError>;

const LOAD: &str = "SELECT balance, version FROM account WHERE run = ?1 AND user_id = ?2";

const PUT: &str = "
    INSERT INTO account (run, user_id, balance, version) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (run, user_id) DO UPDATE SET balance = excluded.balance, version = excluded.version";

const PUT_IF_UNCHANGED: &str = "
    INSERT INTO account (run, user_id, balance, version) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (run, user_id) DO UPDATE SET balance = excluded.balance, version = excluded.version
    WHERE account.version = ?5";

const LOG: &str = "
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (run, op_id) DO NOTHING";

const OPERATION: &str = "
    SELECT user_id, version, op_id, amount, balance, time_ms
    FROM ledger WHERE run = ?1 AND op_id = ?2";

const HISTORY: &str = "
    SELECT user_id, version, op_id, amount, balance, time_ms
    FROM ledger WHERE run = ?1 AND user_id = ?2 AND version > ?3 ORDER BY version LIMIT ?4";

/// The rule in SQL, as [`Command::decide`] has it. `?3` is the signed amount.
const UPDATE_IF_ALLOWED: &str = "
    UPDATE account SET balance = balance + ?3, version = version + 1
    WHERE run = ?1 AND user_id = ?2
      AND abs(?3) BETWEEN ?4 AND ?5 AND abs(?3) % ?6 = 0
      AND balance + ?3 >= 0 AND (?3 < 0 OR balance + ?3 <= ?7)
      AND version < ?8
    RETURNING balance, version";

const CREATE: &str = "INSERT INTO account (run, user_id, balance, version) VALUES (?1, ?2, 0, 0)";

fn prepare<'a>(connection: &'a Connection, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
    connection.prepare_cached(sql).map_err(store_error)
}

fn execute(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    prepare(connection, sql)?.execute(parameters).map_err(store_error)
}

fn find(connection: &Connection, run: i64, user: UserId) -> Result<Option<Account>, StoreError> {
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = prepare(connection, LOAD)?
        .query_row(params![run, user_column(user)], columns)
        .optional()
        .map_err(store_error)?;
    found.map(|(balance, version)| rows::account(balance, version)).transpose()
}

/// Reads the account of `user`.
pub(super) fn load(connection: &Connection, run: i64, user: UserId) -> Result<Account, StoreError> {
    Ok(find(connection, run, user)?.unwrap_or_default())
}

fn ledger_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        user_id: row.get(0)?,
        version: row.get(1)?,
        op_id: row.get(2)?,
        amount: row.get(3)?,
        balance: row.get(4)?,
        time_ms: row.get(5)?,
    })
}

/// Reads a page of the ledger of `user`.
pub(super) fn history(
    connection: &Connection,
    run: i64,
    user: UserId,
    page: Page,
) -> Result<Vec<LedgerEntry>, StoreError> {
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    let mut statement = prepare(connection, HISTORY)?;
    let found = statement
        .query_map(params![run, user_column(user), after, limit], ledger_row)
        .map_err(store_error)?;
    found.map(|row| row.map_err(store_error)?.entry()).collect()
}

fn operation(connection: &Connection, run: i64, id: OperationId) -> Result<LedgerRow, StoreError> {
    let mut statement = prepare(connection, OPERATION)?;
    statement.query_row(params![run, id.0.cast_signed()], ledger_row).map_err(store_error)
}

/// Runs `work` in a transaction that has the file to itself. An error of `work` rolls it back.
pub(super) fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    begin(connection)?;
    let done = work().and_then(|done| Ok(commit(connection).map(|()| done)?));
    if done.is_err() {
        roll_back(connection);
    }
    done
}

pub(super) fn begin(connection: &Connection) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE", []).map(drop)
}

pub(super) fn commit(connection: &Connection) -> Part<()> {
    let mut statement = prepare(connection, "COMMIT").map_err(CommitError::NotApplied)?;
    statement.execute([]).map(drop).map_err(commit_error)
}

/// Ends the transaction, if one is open: SQLite itself rolls back after some errors.
pub(super) fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // Without a transaction nothing is left to roll back, and with one the call cannot fail.
        let _ = execute(connection, "ROLLBACK", []);
    }
}

/// The result of a write to the ledger.
pub(super) enum Logged {
    /// The entry is new.
    New(LedgerEntry),
    /// The ledger has an entry under this operation id.
    Before(LedgerRow),
}

/// Writes the ledger entry of `receipt`, unless its operation has one.
pub(super) fn log(
    connection: &Connection,
    run: i64,
    receipt: &Receipt,
    time_millis: u64,
) -> Result<Logged, StoreError> {
    let row = LedgerRow::new(receipt, time_millis);
    let LedgerRow { user_id, version, op_id, amount, balance, time_ms } = row;
    let written =
        execute(connection, LOG, params![run, user_id, version, op_id, amount, balance, time_ms])?;
    match written {
        0 => Ok(Logged::Before(operation(connection, run, receipt.command.id)?)),
        _ => Ok(Logged::New(LedgerEntry { receipt: *receipt, time_millis })),
    }
}

/// Writes an account.
pub(super) fn put(
    connection: &Connection,
    run: i64,
    user: UserId,
    account: Account,
) -> Result<(), StoreError> {
    let (balance, version) = (account.balance.cast_signed(), account.version.cast_signed());
    execute(connection, PUT, params![run, user_column(user), balance, version]).map(drop)
}

/// Writes an account if it has the version that `before` has.
fn put_if_unchanged(
    connection: &Connection,
    run: i64,
    user: UserId,
    before: Account,
    after: Account,
) -> Result<bool, StoreError> {
    let (balance, version) = (after.balance.cast_signed(), after.version.cast_signed());
    let parameters =
        params![run, user_column(user), balance, version, before.version.cast_signed()];
    Ok(execute(connection, PUT_IF_UNCHANGED, parameters)? == 1)
}

/// Writes account and ledger entry, in the transaction of the caller.
pub(super) fn write(
    connection: &Connection,
    run: i64,
    receipt: &Receipt,
    time_millis: u64,
) -> Part<LedgerEntry> {
    match log(connection, run, receipt, time_millis).map_err(CommitError::NotApplied)? {
        Logged::Before(row) => row.first_answer(receipt.command.user),
        Logged::New(entry) => {
            let user = receipt.command.user;
            put(connection, run, user, receipt.after).map_err(CommitError::NotApplied)?;
            Ok(entry)
        }
    }
}

/// Writes account and ledger entry if the account is unchanged, else nothing.
pub(super) fn write_if_unchanged(
    connection: &Connection,
    run: i64,
    receipt: &Receipt,
    time_millis: u64,
) -> Result<Option<LedgerEntry>, Failure> {
    let user = receipt.command.user;
    if !put_if_unchanged(connection, run, user, receipt.before, receipt.after)? {
        return Ok(None);
    }
    match log(connection, run, receipt, time_millis)? {
        Logged::New(entry) => Ok(Some(entry)),
        Logged::Before(row) => {
            put(connection, run, user, receipt.before)?;
            Ok(Some(row.first_answer(user)?))
        }
    }
}

/// Writes all `receipts` if the account is as the first of them found it.
pub(super) fn write_all(
    connection: &Connection,
    run: i64,
    receipts: &[Receipt],
    time_millis: u64,
) -> Result<Vec<LedgerEntry>, Failure> {
    const CHANGED: StoreError = StoreError::constant(
        StoreErrorKind::Conflict,
        "the account changed meanwhile, or a command of the batch was applied before",
    );
    if let [receipt] = receipts {
        let written = write_if_unchanged(connection, run, receipt, time_millis)?;
        return Ok(vec![written.ok_or(CHANGED)?]);
    }
    let [first, .., last] = receipts else { return Ok(Vec::new()) };
    if !put_if_unchanged(connection, run, first.command.user, first.before, last.after)? {
        return Err(CHANGED.into());
    }
    let write = |receipt| match log(connection, run, receipt, time_millis)? {
        Logged::New(entry) => Ok(entry),
        Logged::Before(_) => Err(CHANGED.into()),
    };
    receipts.iter().map(write).collect()
}

/// Decides `command` by the rule in SQL and writes what follows, in the transaction of the caller.
pub(super) fn decide(
    connection: &Connection,
    run: i64,
    command: Command,
    policy: &Policy,
    time_millis: u64,
) -> Outcome {
    let after = match update_if_allowed(connection, run, command, policy)? {
        Some(after) => after,
        None => match find(connection, run, command.user)? {
            Some(before) => return Err(reject(command, before, policy)),
            None => {
                execute(connection, CREATE, params![run, user_column(command.user)])?;
                let after = update_if_allowed(connection, run, command, policy)?;
                after.ok_or_else(|| reject(command, Account::default(), policy))?
            }
        },
    };
    let receipt = Receipt { command, before: before(command.action, after), after };
    match log(connection, run, &receipt, time_millis)? {
        Logged::New(entry) => Ok(entry),
        Logged::Before(row) => {
            put(connection, run, command.user, receipt.before)?;
            Ok(row.first_answer(command.user)?)
        }
    }
}

fn update_if_allowed(
    connection: &Connection,
    run: i64,
    command: Command,
    policy: &Policy,
) -> Result<Option<Account>, StoreError> {
    let bounds = policy.bounds();
    let parameters = params![
        run,
        user_column(command.user),
        signed_amount(command.action),
        bounds.amount_min.cast_signed(),
        bounds.amount_max.cast_signed(),
        // A unit above every amount divides none of them, and would be negative in a column.
        i64::try_from(bounds.unit).unwrap_or(i64::MAX),
        bounds.balance_max.cast_signed(),
        VERSION_LIMIT.cast_signed(),
    ];
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let updated = prepare(connection, UPDATE_IF_ALLOWED)?
        .query_row(parameters, columns)
        .optional()
        .map_err(store_error)?;
    updated.map(|(balance, version)| rows::account(balance, version)).transpose()
}

/// The reason why the statement matched no row. It was decided on `before`, which the transaction
/// keeps from changing.
#[cold]
fn reject(command: Command, before: Account, policy: &Policy) -> Failure {
    match command.decide(before, policy) {
        Err(rejection) => Failure::Rejected(rejection),
        Ok(_) => Failure::NotApplied(StoreError::constant(
            StoreErrorKind::Failed,
            "the rule in SQL rejects what the policy allows",
        )),
    }
}

fn before(action: Action, after: Account) -> Account {
    let points = action.amount().points();
    let balance = match action {
        Action::Charge(_) => after.balance - points,
        Action::Use(_) => after.balance + points,
    };
    Account { balance, version: after.version - 1 }
}

/// Settles what became of operation `id`, in the transaction of the caller.
pub(super) fn resolve(
    connection: &Connection,
    run: i64,
    user: UserId,
    id: OperationId,
) -> Result<Resolution, StoreError> {
    let op_id = id.0.cast_signed();
    execute(connection, LOG, params![run, NO_USER, op_id, op_id, 0, 0, 0])?;
    operation(connection, run, id)?.resolution(user)
}
