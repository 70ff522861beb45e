//! Every strategy on every database that it fits.
//!
//! Strategies that synchronize within the program stand beside those that the database makes
//! possible. The first are safe only while one process uses the accounts.

#[cfg(feature = "sqlite")]
use hotrow::store::Immediate;
#[cfg(feature = "postgres")]
use hotrow::store::{AdvisoryLock, RowLock, Serializable, StoredFunction};
use hotrow::{
    store::ConditionalUpdate,
    strategy::{
        Actor, ActorCell, AsyncMutex, BatchedQueue, CombiningLock, InStore, InTransaction, Queue,
        Version,
    },
    sync::asynchronous,
};
#[cfg(feature = "postgres")]
use hotrow_stores::postgres::Postgres;
#[cfg(feature = "sqlite")]
use hotrow_stores::sqlite::{GroupCommit, Sqlite};

use crate::Entry;

pub(crate) const ENTRIES: &[&[Entry]] = &[
    #[cfg(feature = "sqlite")]
    &[
        Entry::on_database::<Queue<Sqlite<CombiningLock>>>(),
        Entry::on_database::<AsyncMutex<Sqlite<asynchronous::Mutex<()>>>>(),
        Entry::on_database::<Actor<Sqlite<ActorCell>>>(),
        Entry::on_database::<Version<Sqlite<()>>>(),
        Entry::on_database::<InTransaction<Sqlite<()>, Immediate>>(),
        Entry::on_database::<InStore<Sqlite<()>, ConditionalUpdate>>(),
        Entry::on_database::<InStore<Sqlite<()>, GroupCommit>>(),
        Entry::on_database::<BatchedQueue<Sqlite<CombiningLock>>>(),
    ],
    #[cfg(feature = "postgres")]
    &[
        Entry::on_database::<Queue<Postgres<CombiningLock>>>(),
        Entry::on_database::<AsyncMutex<Postgres<asynchronous::Mutex<()>>>>(),
        Entry::on_database::<Actor<Postgres<ActorCell>>>(),
        Entry::on_database::<Version<Postgres<()>>>(),
        Entry::on_database::<InTransaction<Postgres<()>, RowLock>>(),
        Entry::on_database::<InTransaction<Postgres<()>, AdvisoryLock>>(),
        Entry::on_database::<InTransaction<Postgres<()>, Serializable>>(),
        Entry::on_database::<InStore<Postgres<()>, ConditionalUpdate>>(),
        Entry::on_database::<InStore<Postgres<()>, StoredFunction>>(),
        Entry::on_database::<BatchedQueue<Postgres<CombiningLock>>>(),
    ],
];
