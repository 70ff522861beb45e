//! The statements, each prepared once for each connection.

use futures_util::future::try_join_all;
use hotrow::domain::{Account, StoreError, VERSION_LIMIT};
use tokio_postgres::{
    Client, Error, Row, Statement,
    types::{ToSql, Type},
};

use crate::rows::{self, LedgerRow};

/// The parameters of a statement.
pub(super) type Parameters<'a, const N: usize> = [&'a (dyn ToSql + Sync); N];

/// The prepared statements of one connection.
pub(super) struct Statements {
    pub(super) load: Statement,
    pub(super) load_for_update: Statement,
    pub(super) advisory_lock: Statement,
    pub(super) create: Statement,
    pub(super) commit: Statement,
    pub(super) commit_if_unchanged: Statement,
    pub(super) commit_all: Statement,
    pub(super) history: Statement,
    pub(super) operation: Statement,
    pub(super) tombstone: Statement,
    pub(super) update_if_allowed: Statement,
    pub(super) decide: Statement,
}

const LOAD: &str = "SELECT balance, version FROM account WHERE run = $1 AND user_id = $2";

/// Runs and users have 64 bits together with room to spare only as a hash. Two users with one hash
/// wait for each other, and nothing else happens.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(hashint8extended($2, $1))";

const CREATE: &str = "
    INSERT INTO account (run, user_id, balance, version) VALUES ($1, $2, 0, 0)
    ON CONFLICT (run, user_id) DO NOTHING";

/// The caller guarantees that the account is unchanged; the key of the ledger shows if it is not.
const COMMIT: &str = "
    WITH put AS (
        INSERT INTO account (run, user_id, balance, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (run, user_id) DO UPDATE
        SET balance = excluded.balance, version = excluded.version
    )
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    VALUES ($1, $2, $4, $5, $6, $3, $7)";

const COMMIT_IF_UNCHANGED: &str = "
    WITH put AS (
        INSERT INTO account (run, user_id, balance, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (run, user_id) DO UPDATE
        SET balance = excluded.balance, version = excluded.version
        WHERE account.version = $8
        RETURNING 1
    )
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    SELECT $1, $2, $4, $5, $6, $3, $7 FROM put";

const COMMIT_ALL: &str = "
    WITH put AS (
        INSERT INTO account (run, user_id, balance, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (run, user_id) DO UPDATE
        SET balance = excluded.balance, version = excluded.version
        WHERE account.version = $5
        RETURNING 1
    )
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    SELECT $1, $2, entry.version, entry.op_id, entry.amount, entry.balance, $6
    FROM put, unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
        AS entry (version, op_id, amount, balance)";

const COLUMNS: &str = "user_id, version, op_id, amount, balance, time_ms";

const PAGE: &str = "WHERE run = $1 AND user_id = $2 AND version > $3 ORDER BY version LIMIT $4";

const TOMBSTONE: &str = "
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    VALUES ($1, 0, $2, $2, 0, 0, 0) ON CONFLICT (run, op_id) DO NOTHING";

/// The rule in SQL, as `Command::decide` has it. `$3` is the signed amount.
const UPDATE_IF_ALLOWED: &str = "
    WITH put AS (
        UPDATE account SET balance = balance + $3, version = version + 1
        WHERE run = $1 AND user_id = $2
          AND abs($3) BETWEEN $6 AND $7 AND abs($3) % $8 = 0
          AND balance + $3 >= 0 AND ($3 < 0 OR balance + $3 <= $9)
          AND version < VERSION_LIMIT
        RETURNING balance, version
    )
    INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
    SELECT $1, $2, version, $4, $3, balance, $5 FROM put
    RETURNING balance, version";

const DECIDE: &str =
    "SELECT reason, balance, version FROM decide($1, $2, $3, $4, $5, $6, $7, $8, $9)";

impl Statements {
    /// Prepares all statements in one round trip.
    pub(super) async fn prepare(client: &Client) -> Result<Statements, Error> {
        let limit = VERSION_LIMIT.to_string();
        // The number says how many parameters are `bigint`; those after them are cast in the text.
        let texts: [(String, usize); 12] = [
            (LOAD.to_owned(), 2),
            (format!("{LOAD} FOR UPDATE"), 2),
            (ADVISORY_LOCK.to_owned(), 2),
            (CREATE.to_owned(), 2),
            (COMMIT.to_owned(), 7),
            (COMMIT_IF_UNCHANGED.to_owned(), 8),
            (COMMIT_ALL.to_owned(), 6),
            (format!("SELECT {COLUMNS} FROM ledger {PAGE}"), 4),
            (format!("SELECT {COLUMNS} FROM ledger WHERE run = $1 AND op_id = $2"), 2),
            (TOMBSTONE.to_owned(), 2),
            (UPDATE_IF_ALLOWED.replace("VERSION_LIMIT", &limit), 9),
            (DECIDE.to_owned(), 9),
        ];
        let types = [Type::INT8; 9];
        let prepared =
            texts.iter().map(|(text, count)| client.prepare_typed(text, &types[..*count]));
        let mut prepared = try_join_all(prepared).await?.into_iter();
        // The fields are filled in the order of the texts.
        let mut next = || prepared.next().expect("each text makes one statement");
        Ok(Statements {
            load: next(),
            load_for_update: next(),
            advisory_lock: next(),
            create: next(),
            commit: next(),
            commit_if_unchanged: next(),
            commit_all: next(),
            history: next(),
            operation: next(),
            tombstone: next(),
            update_if_allowed: next(),
            decide: next(),
        })
    }
}

/// Reads `balance` and `version` from the columns at and after `first`.
pub(super) fn account(row: &Row, first: usize) -> Result<Account, StoreError> {
    rows::account(row.get(first), row.get(first + 1))
}

pub(super) fn ledger_row(row: &Row) -> LedgerRow {
    LedgerRow {
        user_id: row.get(0),
        version: row.get(1),
        op_id: row.get(2),
        amount: row.get(3),
        balance: row.get(4),
        time_ms: row.get(5),
    }
}
