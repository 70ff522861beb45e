//! Transactions that a caller holds open: `BEGIN IMMEDIATE`, load, decide, commit.

use hotrow::{
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, StoreErrorKind, UserId},
    store::Transaction,
};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    error::thread_ended,
    statements,
    worker::{Job, Worker},
};

/// Threads for transactions. A caller that finds none free waits, first in, first out.
pub(super) struct TransactionThreads {
    free: Mutex<Vec<Worker>>,
    permits: Semaphore,
}

impl TransactionThreads {
    pub(super) fn new(threads: Vec<Worker>) -> TransactionThreads {
        let permits = Semaphore::new(threads.len());
        TransactionThreads { free: Mutex::new(threads), permits }
    }

    /// Takes a thread and begins a transaction on it.
    pub(super) async fn begin(
        &self,
        run: i64,
        user: UserId,
        time_millis: u64,
    ) -> Result<ImmediateTransaction<'_>, StoreError> {
        let permit = self.permits.acquire().await.map_err(|_| thread_ended())?;
        let worker = self.free.lock().pop().ok_or_else(thread_ended)?;
        let leased = Leased { threads: self, worker: Some(worker), _permit: permit };
        leased.worker()?.call(|connection| statements::begin(connection)).await??;
        Ok(ImmediateTransaction { leased, run, user, time_millis })
    }
}

/// A thread in the hands of one transaction. When it is given back, nothing of that is left open.
struct Leased<'a> {
    threads: &'a TransactionThreads,
    /// Taken only by `drop`.
    worker: Option<Worker>,
    _permit: SemaphorePermit<'a>,
}

impl Leased<'_> {
    fn worker(&self) -> Result<&Worker, StoreError> {
        self.worker.as_ref().ok_or_else(thread_ended)
    }
}

impl Drop for Leased<'_> {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            // The next transaction's jobs come after this one, so it finds the connection idle.
            worker.send(Job::Call(Box::new(|connection| statements::roll_back(connection))));
            self.threads.free.lock().push(worker);
        }
    }
}

/// A transaction that is the only writer of the file from its begin.
pub struct ImmediateTransaction<'a> {
    leased: Leased<'a>,
    run: i64,
    user: UserId,
    time_millis: u64,
}

impl Transaction for ImmediateTransaction<'_> {
    async fn load(&mut self) -> Result<Account, StoreError> {
        let (run, user) = (self.run, self.user);
        let worker = self.leased.worker()?;
        worker.call(move |connection| statements::load(connection, run, user)).await?
    }

    async fn commit(self, receipt: &Receipt) -> Result<LedgerEntry, CommitError> {
        let (run, receipt, time_millis) = (self.run, *receipt, self.time_millis);
        let work = move |connection: &mut _| {
            let entry = statements::write(connection, run, &receipt, time_millis)?;
            statements::commit(connection).map(|()| entry)
        };
        let worker = self.leased.worker().map_err(CommitError::NotApplied)?;
        worker.call(work).await.map_err(CommitError::Indeterminate)?
    }

    async fn rollback(self) -> Result<(), StoreError> {
        let worker = self.leased.worker()?;
        worker.call(|connection| statements::roll_back(connection)).await
    }
}

#[cold]
pub(super) fn no_threads() -> StoreError {
    StoreError::constant(
        StoreErrorKind::Failed,
        "the store has no thread for this: give readers and transactions of 1 and more",
    )
}
