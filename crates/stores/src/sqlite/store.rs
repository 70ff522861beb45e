//! The store: a file, its threads, and the capabilities.

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use hotrow::{
    clock::CoarseClock,
    domain::{
        Account, Command, CommitError, Failure, Fault, LedgerEntry, OperationId, Outcome, Policy,
        Receipt, StoreError, StoreErrorKind, UserId,
    },
    store::{
        BatchStore, ConditionalStore, ConditionalUpdate, DecidingStore, Immediate, Page,
        Resolution, ResolvingStore, SlotGuard, SlotTable, Store, TransactionalStore,
    },
};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::{
    GroupCommit, ImmediateTransaction, SqliteConfig,
    error::{open_error, thread_ended},
    group::GroupedCommand,
    migrations,
    statements::{self, in_transaction},
    transaction::{TransactionThreads, no_threads},
    worker::{Job, Worker},
};
use crate::scratch::{self, ScratchFolder};

/// The kind of the folders for files that belong to one store.
const SCRATCH_KIND: &str = "sqlite";

/// Accounts in an SQLite file, with a state `L` for each user in use.
pub struct Sqlite<L> {
    writer: Worker,
    readers: Vec<Worker>,
    /// The number of reads so far, which take the readers in turn.
    reads: AtomicUsize,
    transactions: TransactionThreads,
    per_user: SlotTable<L>,
    clock: CoarseClock,
    file: PathBuf,
    run: i64,
    /// Dropped last, when no connection is left.
    _scratch: Option<ScratchFolder>,
}

/// The state of one user. It exists while a caller holds it.
pub struct SqliteEntry<'a, L>(SlotGuard<'a, L>);

impl<L: Default> Deref for SqliteEntry<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0
    }
}

impl<L> Sqlite<L> {
    /// Returns the database file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Returns the number of the run: the first column of every key.
    pub fn run(&self) -> u32 {
        u32::try_from(self.run).expect("`open` accepts no other run")
    }

    fn reader(&self) -> Result<&Worker, StoreError> {
        // Relaxed: the readers need no order.
        let turn = self.reads.fetch_add(1, Ordering::Relaxed);
        self.readers.get(turn % self.readers.len().max(1)).ok_or_else(no_threads)
    }

    /// Runs `work` on the connection that writes.
    #[cfg(test)]
    pub(super) async fn write_for_test(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        self.writer.call(move |connection| work(connection)).await?
    }

    /// Runs `work` on the writer in a transaction of its own.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let job =
            move |connection: &mut Connection| in_transaction(connection, || work(connection));
        match self.writer.call(job).await {
            Ok(result) => result,
            Err(error) => Err(Failure::Indeterminate(Fault::Store(error))),
        }
    }
}

/// Turns a failure of a write back into the error of a commit. A commit is never rejected.
fn commit_error(failure: Failure) -> CommitError {
    match failure {
        Failure::NotApplied(error) => CommitError::NotApplied(error),
        Failure::Indeterminate(Fault::Store(error)) => CommitError::Indeterminate(error),
        Failure::Rejected(_) | Failure::Indeterminate(_) => {
            CommitError::Indeterminate(thread_ended())
        }
    }
}

impl<L: Default + Send + Sync + 'static> Store for Sqlite<L> {
    const NAME: &'static str = "sqlite";
    const IS_ASYNC: bool = true;
    const PERFORMS_IO: bool = true;
    const LOAD_IS_ATOMIC: bool = true;
    type Config = SqliteConfig;
    type PerUserState = L;
    type Entry<'a> = SqliteEntry<'a, L>;

    async fn open(config: &SqliteConfig) -> Result<Sqlite<L>, StoreError> {
        let config = config.clone();
        // A thread may block on a locked file. The runtime must not.
        let (reply, opened) = oneshot::channel();
        std::thread::spawn(move || {
            // A caller that was dropped needs no store.
            let _ = reply.send(open(&config));
        });
        opened.await.map_err(|_| thread_ended())?
    }

    fn entry(&self, user: UserId) -> SqliteEntry<'_, L> {
        SqliteEntry(self.per_user.acquire(user))
    }

    fn get(&self, user: UserId) -> Option<SqliteEntry<'_, L>> {
        Some(self.entry(user))
    }

    /// Always `None`: a read of the file blocks.
    fn load_without_lock(&self, _entry: &Self::Entry<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        let (run, user) = (self.run, entry.0.user());
        self.reader()?.call(move |connection| statements::load(connection, run, user)).await?
    }

    async fn commit(
        &self,
        _entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        let (run, receipt, time) = (self.run, *receipt, self.clock.millis());
        let work = move |connection: &_| Ok(statements::write(connection, run, &receipt, time)?);
        self.write(work).await.map_err(commit_error)
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        let run = self.run;
        self.reader()?
            .call(move |connection| statements::history(connection, run, user, page))
            .await?
    }
}

impl<L: Default + Send + Sync + 'static> ConditionalStore for Sqlite<L> {
    async fn commit_if_unchanged(
        &self,
        _entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<Option<LedgerEntry>, CommitError> {
        let (run, receipt, time) = (self.run, *receipt, self.clock.millis());
        let work =
            move |connection: &_| statements::write_if_unchanged(connection, run, &receipt, time);
        self.write(work).await.map_err(commit_error)
    }
}

impl<L: Default + Send + Sync + 'static> TransactionalStore<Immediate> for Sqlite<L> {
    type Transaction<'a> = ImmediateTransaction<'a>;

    async fn begin<'a>(
        &'a self,
        entry: &Self::Entry<'a>,
    ) -> Result<ImmediateTransaction<'a>, StoreError> {
        self.transactions.begin(self.run, entry.0.user(), self.clock.millis()).await
    }
}

impl<L: Default + Send + Sync + 'static> DecidingStore<ConditionalUpdate> for Sqlite<L> {
    async fn execute(
        &self,
        _entry: &Self::Entry<'_>,
        command: Command,
        policy: &Policy,
    ) -> Outcome {
        let (run, policy, time) = (self.run, *policy, self.clock.millis());
        self.write(move |connection| statements::decide(connection, run, command, &policy, time))
            .await
    }
}

impl<L: Default + Send + Sync + 'static> DecidingStore<GroupCommit> for Sqlite<L> {
    async fn execute(
        &self,
        _entry: &Self::Entry<'_>,
        command: Command,
        policy: &Policy,
    ) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        let (run, policy, clock) = (self.run, *policy, self.clock.clone());
        self.writer.send(Job::Grouped(GroupedCommand { run, command, policy, clock, reply }));
        match outcome.await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Indeterminate(Fault::Store(thread_ended()))),
        }
    }
}

impl<L: Default + Send + Sync + 'static> BatchStore for Sqlite<L> {
    async fn commit_all(
        &self,
        _entry: &Self::Entry<'_>,
        receipts: &[Receipt],
    ) -> Result<Vec<LedgerEntry>, CommitError> {
        let (run, receipts, time) = (self.run, receipts.to_vec(), self.clock.millis());
        let work = move |connection: &_| statements::write_all(connection, run, &receipts, time);
        self.write(work).await.map_err(commit_error)
    }
}

impl<L: Default + Send + Sync + 'static> ResolvingStore for Sqlite<L> {
    async fn resolve(&self, user: UserId, id: OperationId) -> Result<Resolution, StoreError> {
        let run = self.run;
        let work = move |connection: &_| Ok(statements::resolve(connection, run, user, id)?);
        self.write(work).await.map_err(|failure| *commit_error(failure).store_error())
    }
}

/// Opens the file, brings its schema up to date, and starts the threads.
fn open<L: Default>(config: &SqliteConfig) -> Result<Sqlite<L>, StoreError> {
    let (file, scratch) = place(config)?;
    let mut connection = connect(&file, config)?;
    migrations::migrate(&mut connection, &file)?;
    let run = migrations::number_of(config.run, &connection)?;
    let threads = |name: &str, count: usize| -> Result<Vec<Worker>, StoreError> {
        (0..count).map(|_| Worker::spawn(name, connect(&file, config)?)).collect()
    };
    let readers = threads("read", config.readers)?;
    let transactions = TransactionThreads::new(threads("transaction", config.transactions)?);
    Ok(Sqlite {
        writer: Worker::spawn("write", connection)?,
        readers,
        reads: AtomicUsize::new(0),
        transactions,
        per_user: SlotTable::new(),
        clock: config.clock.clone(),
        file,
        run,
        _scratch: scratch,
    })
}

/// Returns the file, and the folder that it lies in if that belongs to the store.
fn place(config: &SqliteConfig) -> Result<(PathBuf, Option<ScratchFolder>), StoreError> {
    if let Some(file) = &config.file {
        return Ok((file.clone(), None));
    }
    scratch::sweep(SCRATCH_KIND, |_| {});
    let folder = ScratchFolder::new(SCRATCH_KIND).map_err(|error| {
        let parent = std::env::temp_dir();
        let message = format!("no folder for a database in {}: {error}", parent.display());
        StoreError::new(StoreErrorKind::Failed, message)
    })?;
    Ok((folder.path().join("hotrow.db"), Some(folder)))
}

/// Opens a connection to `file`.
fn connect(file: &Path, config: &SqliteConfig) -> Result<Connection, StoreError> {
    let failed = |error| open_error(file, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    // Zero would turn waiting off.
    let timeout = config.lock_timeout.max(Duration::from_millis(1));
    connection.busy_timeout(timeout).map_err(failed)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        let message = format!(
            "{}: no write-ahead log on this file system ({mode}): give a file on a local disk",
            file.display()
        );
        return Err(StoreError::new(StoreErrorKind::Failed, message));
    }
    connection.pragma_update(None, "synchronous", config.synchronous.pragma()).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}
