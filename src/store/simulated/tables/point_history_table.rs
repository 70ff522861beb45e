//! The history table: every charge and use, in the order in which they were recorded.
//!
//! Ids are global and consecutive from 1, and a row gets its id when it is appended. Rows are
//! stored by user, so reading one history costs its own length and not that of the whole table. As
//! in the original, an insert takes the delay of a write and a select takes no delay.

use super::{Delays, shards::Shards};
use crate::scenario::Latency;
use crate::{
    sync::atomic::{AtomicU64, Ordering},
    timer::Timer,
};

/// The kind of a history row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionType {
    /// Points were added to the balance.
    Charge,
    /// Points were taken from the balance.
    Use,
}

/// One row of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointHistory {
    /// The number of this row among the rows of all users, from 1.
    pub id: u64,
    /// The user of this row.
    pub user_id: u64,
    /// The points that were charged or used.
    pub amount: u64,
    /// The kind of transaction.
    pub transaction: TransactionType,
    /// The time of the transaction, in milliseconds of the caller's clock.
    pub time_millis: u64,
}

/// Stores the rows of every user. Rows are never changed or removed, so memory grows with each row.
#[derive(Debug)]
pub struct PointHistoryTable {
    rows: Shards<Vec<PointHistory>>,
    /// The id of the last row. It changes only while the shard of the row's user is locked.
    last_id: AtomicU64,
    delays: Delays,
}

impl PointHistoryTable {
    /// Creates an empty table. Its delays follow the latency and are drawn from the seed; the other
    /// table draws other delays from the same seed.
    ///
    /// # Panics
    /// If the latency is not [within its bounds](Latency::is_within_bounds).
    pub fn new(latency: Latency, seed: u64) -> Self {
        /// Separates the draws of this table from those of the other one.
        const SALT: u64 = u64::from_be_bytes(*b"receipts");
        let delays = Delays::new(latency, seed ^ SALT);
        Self { rows: Shards::new(), last_id: AtomicU64::new(0), delays }
    }

    /// Returns the same table, with waits on `timer`.
    #[must_use]
    pub fn with_timer(self, timer: &Timer) -> Self {
        Self { delays: self.delays.with_timer(timer), ..self }
    }

    /// Appends a row, after the delay of a write.
    ///
    /// At the end of the delay, the row gets its id and is appended in one atomic step, so the rows
    /// of a user are in the order of their ids. A future that is dropped while it waits has no
    /// effect and takes no id.
    pub async fn insert(
        &self,
        user_id: u64,
        amount: u64,
        transaction: TransactionType,
        time_millis: u64,
    ) -> PointHistory {
        self.delays.before_write().await;
        let mut rows = self.rows.write(user_id);
        // Relaxed: the lock held here orders the ids of this user. The ids of other users only have
        // to differ.
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let appended = PointHistory { id, user_id, amount, transaction, time_millis };
        rows.entry(user_id).or_default().push(appended);
        appended
    }

    /// Returns the rows of a user, oldest first; none for an unknown user.
    ///
    /// It takes no delay, as in the original, and is ready at its first poll. It copies the user's
    /// own rows and reads no others.
    pub async fn select_all_by_user_id(&self, user_id: u64) -> Vec<PointHistory> {
        self.rows.read(user_id).get(&user_id).cloned().unwrap_or_default()
    }

    /// Returns at most `limit` rows of a user, oldest first, after the first `skip` rows.
    ///
    /// It takes no delay and copies only the rows that it returns. Rows are only ever appended, so
    /// consecutive pages neither miss nor repeat a row.
    pub async fn select_page_by_user_id(
        &self,
        user_id: u64,
        skip: usize,
        limit: usize,
    ) -> Vec<PointHistory> {
        match self.rows.read(user_id).get(&user_id) {
            Some(rows) => rows.iter().skip(skip).take(limit).copied().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the number of rows of a user. It takes no delay.
    pub async fn count_by_user_id(&self, user_id: u64) -> usize {
        self.rows.read(user_id).get(&user_id).map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use futures_util::FutureExt;
    use tokio::time::timeout;

    use super::{TransactionType::*, *};

    /// Rows must be returned as recorded, by user, oldest first, with ids over all users.
    #[tokio::test(start_paused = true)]
    async fn rows_are_numbered_over_all_users_and_listed_by_user() {
        let table = PointHistoryTable::new(Latency::Assignment, 1);
        let first = table.insert(1, 500, Charge, 10).await;
        let second = table.insert(2, 70, Charge, 11).await;
        let third = table.insert(1, 200, Use, 12).await;
        let row = |id, user_id, amount, transaction, time_millis| PointHistory {
            id,
            user_id,
            amount,
            transaction,
            time_millis,
        };
        assert_eq!(table.select_all_by_user_id(1).await, [first, third]);
        assert_eq!([first, third], [row(1, 1, 500, Charge, 10), row(3, 1, 200, Use, 12)]);
        assert_eq!(table.select_all_by_user_id(2).await, [second]);
        assert_eq!(table.select_all_by_user_id(3).await, []);
    }

    /// An audit reads a user's rows as the order of events. If the id were drawn outside the lock,
    /// two threads could append their rows in the wrong order; if it were drawn twice, ids would
    /// collide.
    #[test]
    fn ids_stay_dense_and_in_order_under_many_threads() {
        let table = PointHistoryTable::new(Latency::None, 1);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for number in 0..2_000 {
                        table.insert(number % 3, 1, Charge, 0).now_or_never().unwrap();
                    }
                });
            }
        });
        let histories = [0, 1, 2].map(|user| table.select_all_by_user_id(user).now_or_never());
        let histories = histories.map(Option::unwrap);
        assert!(histories.iter().all(|rows| rows.is_sorted_by_key(|row| row.id)));
        let mut ids: Vec<u64> = histories.iter().flatten().map(|row| row.id).collect();
        ids.sort_unstable();
        assert!(ids.into_iter().eq(1..=16_000));
    }

    /// Consecutive pages must return every row once. A page past the end, or with a limit of 0,
    /// must be empty and not a panic.
    #[tokio::test(start_paused = true)]
    async fn pages_tile_the_history() {
        let table = PointHistoryTable::new(Latency::Assignment, 1);
        for amount in 0..7 {
            table.insert(1, amount, Charge, 0).await;
        }
        let mut tiled = Vec::new();
        for skip in [0, 3, 6, 9, usize::MAX] {
            tiled.extend(table.select_page_by_user_id(1, skip, 3).await);
        }
        assert_eq!(tiled, table.select_all_by_user_id(1).await);
        assert_eq!(table.select_page_by_user_id(1, 5, usize::MAX).await, tiled[5..]);
        assert_eq!(table.select_page_by_user_id(1, 0, 0).await, []);
        assert_eq!(table.select_page_by_user_id(2, 0, 3).await, []);
        assert_eq!(table.count_by_user_id(1).await, 7);
        assert_eq!(table.count_by_user_id(2).await, 0);
    }

    /// An insert that is dropped must leave neither a row nor a gap in the ids.
    #[tokio::test(start_paused = true)]
    async fn an_insert_that_is_dropped_while_it_waits_has_no_effect() {
        let table = PointHistoryTable::new(Latency::Fixed(Duration::from_millis(5)), 1);
        let deadline = Duration::from_millis(4);
        assert!(timeout(deadline, table.insert(1, 500, Charge, 10)).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(table.count_by_user_id(1).await, 0);
        assert_eq!(table.insert(1, 500, Charge, 10).await.id, 1);
    }
}
