//! The store: a pool, a schema, and the capabilities that need one statement each.

use std::{ops::Deref, sync::Arc};

use hotrow::{
    clock::CoarseClock,
    domain::{
        Account, CommitError, LedgerEntry, OperationId, Receipt, StoreError, StoreErrorKind, UserId,
    },
    store::{
        BatchStore, ConditionalStore, Page, Resolution, ResolvingStore, SlotGuard, SlotTable, Store,
    },
};

use super::{
    ErrorCounts, Location, PostgresConfig, PostgresServer, Schema,
    error::is_duplicate,
    pool::{Lease, Pool, WriteError},
    schema::parse,
    statements::{self, Parameters, ledger_row},
};
use crate::{
    Run,
    rows::{LedgerRow, user_column},
};

/// The schema of a store that keeps its accounts.
const KEPT_SCHEMA: &str = "hotrow";

/// Accounts in PostgreSQL, with a state `L` for each user in use.
pub struct Postgres<L> {
    pub(super) pool: Pool,
    per_user: SlotTable<L>,
    pub(super) clock: CoarseClock,
    pub(super) run: i64,
    /// Dropped after the pool, and before its server.
    schema: Arc<Schema>,
    server: Option<Arc<PostgresServer>>,
}

/// The state of one user. It exists while a caller holds it.
pub struct PostgresEntry<'a, L>(SlotGuard<'a, L>);

impl<L: Default> Deref for PostgresEntry<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0
    }
}

impl<L> PostgresEntry<'_, L> {
    pub(super) fn user(&self) -> UserId {
        self.0.user()
    }
}

impl<L> Postgres<L> {
    /// Returns the number of the run: the first column of every key.
    pub fn run(&self) -> u32 {
        u32::try_from(self.run).expect("`open` accepts no other run")
    }

    /// Returns the schema of the tables.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Returns the server, if it is a private one.
    pub fn server(&self) -> Option<&Arc<PostgresServer>> {
        self.server.as_ref()
    }

    /// Returns the numbers of errors so far.
    pub fn errors(&self) -> ErrorCounts {
        self.pool.errors.counts()
    }

    /// Finds the ledger row of operation `id`.
    async fn operation(
        &self,
        lease: &Lease<'_>,
        id: OperationId,
    ) -> Result<Option<LedgerRow>, StoreError> {
        let connection = lease.connection();
        let parameters: Parameters<'_, 2> = [&self.run, &id.0.cast_signed()];
        let found = connection.client.query_opt(&connection.statements.operation, &parameters);
        Ok(lease.read(found).await?.as_ref().map(ledger_row))
    }

    /// Gives the error of a write its meaning. A unique key was violated by this very operation,
    /// which then has its first answer, or by another one of the same version.
    ///
    /// The transaction of the write must be over, or its connection closed.
    #[cold]
    pub(super) async fn after_failed_write(
        &self,
        lease: Lease<'_>,
        error: WriteError,
        user: UserId,
        id: OperationId,
    ) -> Result<LedgerEntry, CommitError> {
        let WriteError::Answered(error) = error else {
            return Err(error.into_commit_error(&self.pool.errors));
        };
        let failed = self.pool.errors.commit_error(&error);
        if failed.store_error().kind() != StoreErrorKind::Conflict {
            return Err(failed);
        }
        let first = match is_duplicate(&error) {
            true => self.operation(&lease, id).await.map_err(CommitError::NotApplied)?,
            false => None,
        };
        lease.give_back();
        first.map_or(Err(failed), |row| row.first_answer(user))
    }
}

/// Settings of each connection, in the form of command-line options.
fn settings(config: &PostgresConfig) -> String {
    // The server gives up a little before the client does, so that the client learns the outcome;
    // and gives a lock up before the statement, so that the client learns the cause.
    let percent = |percent: u128| (config.timeout.as_millis() * percent / 100).max(1);
    format!(
        "-c synchronous_commit={} -c lock_timeout={} -c statement_timeout={} \
         -c idle_in_transaction_session_timeout={}",
        config.synchronous_commit.setting(),
        percent(80),
        percent(90),
        percent(200)
    )
}

impl<L: Default + Send + Sync + 'static> Store for Postgres<L> {
    const NAME: &'static str = "postgres";
    const IS_ASYNC: bool = true;
    const PERFORMS_IO: bool = true;
    const LOAD_IS_ATOMIC: bool = true;
    type Config = PostgresConfig;
    type PerUserState = L;
    type Entry<'a> = PostgresEntry<'a, L>;

    async fn open(config: &PostgresConfig) -> Result<Postgres<L>, StoreError> {
        let (url, server) = match &config.location {
            Location::Url(url) => (url.clone(), None),
            Location::Private => {
                let server = PostgresServer::shared().await?;
                (server.url(), Some(server))
            }
        };
        // An invalid URL and a server that is down are two errors.
        parse(&url)?;
        let schema = match &config.schema {
            Some(schema) => Arc::clone(schema),
            None if config.keeps_schema => Schema::keep(&url, KEPT_SCHEMA).await?,
            None => Schema::create(&url).await?,
        };
        let pool = Pool::new(schema.connection(&settings(config)), config.pool, config.timeout);
        let run = number_of(config.run, &pool).await?;
        let (per_user, clock) = (SlotTable::new(), config.clock.clone());
        Ok(Postgres { pool, per_user, clock, run, schema, server })
    }

    fn entry(&self, user: UserId) -> PostgresEntry<'_, L> {
        PostgresEntry(self.per_user.acquire(user))
    }

    fn get(&self, user: UserId) -> Option<PostgresEntry<'_, L>> {
        Some(self.entry(user))
    }

    /// Always `None`: a read is a round trip.
    fn load_without_lock(&self, _entry: &Self::Entry<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let user = user_column(entry.user());
        let parameters: Parameters<'_, 2> = [&self.run, &user];
        let loaded = connection.client.query_opt(&connection.statements.load, &parameters);
        let row = lease.read(loaded).await?;
        lease.give_back();
        row.map_or(Ok(Account::default()), |row| statements::account(&row, 0))
    }

    async fn commit(
        &self,
        _entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        let time_millis = self.clock.millis();
        let row = LedgerRow::new(receipt, time_millis);
        let LedgerRow { user_id, version, op_id, amount, balance, time_ms } = row;
        let lease = self.pool.lease().await.map_err(CommitError::NotApplied)?;
        let connection = lease.connection();
        let parameters: Parameters<'_, 7> =
            [&self.run, &user_id, &balance, &version, &op_id, &amount, &time_ms];
        let written = connection.client.execute(&connection.statements.commit, &parameters);
        match lease.write(written).await {
            Ok(_) => {
                lease.give_back();
                Ok(LedgerEntry { receipt: *receipt, time_millis })
            }
            Err(error) => {
                let Receipt { command, .. } = receipt;
                self.after_failed_write(lease, error, command.user, command.id).await
            }
        }
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
        let after = i64::try_from(page.after).unwrap_or(i64::MAX);
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let user = user_column(user);
        let parameters: Parameters<'_, 4> = [&self.run, &user, &after, &limit];
        let rows = connection.client.query(&connection.statements.history, &parameters);
        let rows = lease.read(rows).await?;
        lease.give_back();
        rows.iter().map(|row| ledger_row(row).entry()).collect()
    }
}

impl<L: Default + Send + Sync + 'static> ConditionalStore for Postgres<L> {
    async fn commit_if_unchanged(
        &self,
        _entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<Option<LedgerEntry>, CommitError> {
        let time_millis = self.clock.millis();
        let row = LedgerRow::new(receipt, time_millis);
        let LedgerRow { user_id, version, op_id, amount, balance, time_ms } = row;
        let before = receipt.before.version.cast_signed();
        let lease = self.pool.lease().await.map_err(CommitError::NotApplied)?;
        let connection = lease.connection();
        let parameters: Parameters<'_, 8> =
            [&self.run, &user_id, &balance, &version, &op_id, &amount, &time_ms, &before];
        let prepared = &connection.statements.commit_if_unchanged;
        let written = connection.client.execute(prepared, &parameters);
        match lease.write(written).await {
            Ok(rows) => {
                lease.give_back();
                Ok((rows == 1).then_some(LedgerEntry { receipt: *receipt, time_millis }))
            }
            Err(error) => {
                let Receipt { command, .. } = receipt;
                self.after_failed_write(lease, error, command.user, command.id).await.map(Some)
            }
        }
    }
}

impl<L: Default + Send + Sync + 'static> BatchStore for Postgres<L> {
    async fn commit_all(
        &self,
        entry: &Self::Entry<'_>,
        receipts: &[Receipt],
    ) -> Result<Vec<LedgerEntry>, CommitError> {
        const CHANGED: StoreError = StoreError::constant(
            StoreErrorKind::Conflict,
            "the account changed meanwhile, or a command of the batch was applied before",
        );
        let (first, last) = match receipts {
            [] => return Ok(Vec::new()),
            [receipt] => {
                let written = self.commit_if_unchanged(entry, receipt).await?;
                return written.map(|entry| vec![entry]).ok_or(CommitError::NotApplied(CHANGED));
            }
            [first, .., last] => (first, last),
        };
        let time_millis = self.clock.millis();
        let rows: Vec<_> = receipts.iter().map(|r| LedgerRow::new(r, time_millis)).collect();
        let column = |of: fn(&LedgerRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
        let (user, time) = (user_column(entry.user()), time_millis.cast_signed());
        let (balance, version) =
            (last.after.balance.cast_signed(), last.after.version.cast_signed());
        let before = first.before.version.cast_signed();
        let (versions, ids) = (column(|row| row.version), column(|row| row.op_id));
        let (amounts, balances) = (column(|row| row.amount), column(|row| row.balance));
        let lease = self.pool.lease().await.map_err(CommitError::NotApplied)?;
        let connection = lease.connection();
        let parameters: Parameters<'_, 10> = [
            &self.run, &user, &balance, &version, &before, &time, &versions, &ids, &amounts,
            &balances,
        ];
        let written = connection.client.execute(&connection.statements.commit_all, &parameters);
        let written = lease.write(written).await;
        match written.map_err(|error| error.into_commit_error(&self.pool.errors))? {
            0 => {
                lease.give_back();
                Err(CommitError::NotApplied(CHANGED))
            }
            _ => {
                lease.give_back();
                let entry = |receipt: &Receipt| LedgerEntry { receipt: *receipt, time_millis };
                Ok(receipts.iter().map(entry).collect())
            }
        }
    }
}

impl<L: Default + Send + Sync + 'static> ResolvingStore for Postgres<L> {
    /// The tombstone waits for a transaction that has inserted the same id and is still open, so
    /// the row that is found afterwards is final.
    async fn resolve(&self, user: UserId, id: OperationId) -> Result<Resolution, StoreError> {
        const MISSING: StoreError =
            StoreError::constant(StoreErrorKind::Failed, "the row of an operation has vanished");
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let op_id = id.0.cast_signed();
        let parameters: Parameters<'_, 2> = [&self.run, &op_id];
        let put = connection.client.execute(&connection.statements.tombstone, &parameters);
        lease.read(put).await?;
        let found = self.operation(&lease, id).await?;
        lease.give_back();
        found.ok_or(MISSING)?.resolution(user)
    }
}

/// Returns the number of `run`, and takes a new one if asked to.
async fn number_of(run: Run, pool: &Pool) -> Result<i64, StoreError> {
    // A first connection also shows now, and not at the first command, whether the pool works.
    let lease = pool.lease().await?;
    let number = match run {
        Run::Join(number) => number.into(),
        Run::New => {
            let next = lease.connection().client.query_one("SELECT nextval('run')", &[]);
            lease.read(next).await?.get(0)
        }
    };
    lease.give_back();
    Ok(number)
}
