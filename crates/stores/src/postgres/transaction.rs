//! Transactions that a caller holds open, isolated in three ways.

use futures_util::future::{join, try_join};
use hotrow::{
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, UserId},
    store::{AdvisoryLock, RowLock, Serializable, Store, Transaction, TransactionalStore},
};

use super::{
    Postgres, PostgresEntry,
    pool::{Lease, WriteError},
    statements::{self, Parameters},
};
use crate::rows::{LedgerRow, user_column};

/// How the load keeps others away.
#[derive(Debug, Clone, Copy)]
enum Lock {
    Row,
    Advisory,
    None,
}

/// A transaction on one account. Nothing is sent before its load.
pub struct PostgresTransaction<'a, L> {
    store: &'a Postgres<L>,
    lease: Lease<'a>,
    user: UserId,
    lock: Lock,
    is_begun: bool,
}

impl<L: Default + Send + Sync + 'static> Postgres<L> {
    async fn begin_with<'a>(
        &'a self,
        entry: &PostgresEntry<'a, L>,
        lock: Lock,
    ) -> Result<PostgresTransaction<'a, L>, StoreError> {
        let lease = self.pool.lease().await?;
        Ok(PostgresTransaction { store: self, lease, user: entry.user(), lock, is_begun: false })
    }
}

/// One implementation for each way, which differ in the lock.
macro_rules! isolated {
    ($isolation:ty, $lock:expr) => {
        impl<L: Default + Send + Sync + 'static> TransactionalStore<$isolation> for Postgres<L> {
            type Transaction<'a> = PostgresTransaction<'a, L>;

            async fn begin<'a>(
                &'a self,
                entry: &Self::Entry<'a>,
            ) -> Result<PostgresTransaction<'a, L>, StoreError> {
                self.begin_with(entry, $lock).await
            }
        }
    };
}

isolated!(RowLock, Lock::Row);
isolated!(AdvisoryLock, Lock::Advisory);
isolated!(Serializable, Lock::None);

const _: () = assert!(<Postgres<()> as Store>::LOAD_IS_ATOMIC, "reads wait for no lock");

impl<L: Default + Send + Sync + 'static> Transaction for PostgresTransaction<'_, L> {
    async fn load(&mut self) -> Result<Account, StoreError> {
        self.is_begun = true;
        let (run, user) = (self.store.run, user_column(self.user));
        let connection = self.lease.connection();
        let (client, prepared) = (&connection.client, &connection.statements);
        let parameters: Parameters<'_, 2> = [&run, &user];
        // Futures that are polled together are sent together, in this order.
        let row = match self.lock {
            Lock::Row => {
                let begin = client.batch_execute("BEGIN");
                let load = client.query_opt(&prepared.load_for_update, &parameters);
                self.lease.read(try_join(begin, load)).await?.1
            }
            Lock::Advisory => {
                let begin = client.batch_execute("BEGIN");
                // The select is a statement of its own: its snapshot is younger than the lock.
                let lock = client.query_one(&prepared.advisory_lock, &parameters);
                let load = client.query_opt(&prepared.load, &parameters);
                self.lease.read(try_join(try_join(begin, lock), load)).await?.1
            }
            Lock::None => {
                let begin = client.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE");
                let load = client.query_opt(&prepared.load, &parameters);
                self.lease.read(try_join(begin, load)).await?.1
            }
        };
        match (row, self.lock) {
            (Some(row), _) => statements::account(&row, 0),
            // A row that does not exist cannot be locked. Of those that create it one wins.
            (None, Lock::Row) => {
                let create = client.execute(&prepared.create, &parameters);
                let load = client.query_one(&prepared.load_for_update, &parameters);
                let (_, row) = self.lease.read(try_join(create, load)).await?;
                statements::account(&row, 0)
            }
            (None, Lock::Advisory | Lock::None) => Ok(Account::default()),
        }
    }

    async fn commit(self, receipt: &Receipt) -> Result<LedgerEntry, CommitError> {
        let PostgresTransaction { store, lease, .. } = self;
        let time_millis = store.clock.millis();
        let row = LedgerRow::new(receipt, time_millis);
        let LedgerRow { user_id, version, op_id, amount, balance, time_ms } = row;
        let connection = lease.connection();
        let parameters: Parameters<'_, 7> =
            [&store.run, &user_id, &balance, &version, &op_id, &amount, &time_ms];
        let write = connection.client.execute(&connection.statements.commit, &parameters);
        // If the write fails, the server turns COMMIT into a rollback.
        let commit = connection.client.batch_execute("COMMIT");
        let answers = async { Ok(join(write, commit).await) };
        let error = match lease.write(answers).await {
            Ok((Ok(_), Ok(()))) => {
                lease.give_back();
                return Ok(LedgerEntry { receipt: *receipt, time_millis });
            }
            Ok((Err(error), _) | (Ok(_), Err(error))) => WriteError::Answered(error),
            Err(error) => error,
        };
        let command = receipt.command;
        store.after_failed_write(lease, error, command.user, command.id).await
    }

    async fn rollback(self) -> Result<(), StoreError> {
        if self.is_begun {
            let rolled_back = self.lease.connection().client.batch_execute("ROLLBACK");
            self.lease.read(rolled_back).await?;
        }
        self.lease.give_back();
        Ok(())
    }
}
