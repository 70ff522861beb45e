//! The point table: one balance per user, read and written as a whole.
//!
//! A write sets the absolute balance and does not check the old one. Every call waits first and
//! then takes effect in one atomic step. So a caller that reads, decides and writes leaves a gap in
//! which other callers do the same. A strategy has to close that gap; the table does not.

use super::{Delays, shards::Shards};
use crate::scenario::Latency;
use crate::timer::Timer;

/// The balance of one user at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPoint {
    /// The user of this balance.
    pub id: u64,
    /// The balance, in points.
    pub point: u64,
    /// The time of the last write, in milliseconds of the caller's clock; 0 if there was none.
    pub update_millis: u64,
}

/// Stores the balance of every user that was ever written.
///
/// A user takes one row for any number of writes, and rows are never removed.
#[derive(Debug)]
pub struct UserPointTable {
    rows: Shards<UserPoint>,
    delays: Delays,
}

impl UserPointTable {
    /// Creates an empty table. Its delays follow the latency and are drawn from the seed; the other
    /// table draws other delays from the same seed.
    ///
    /// # Panics
    /// If the latency is not [within its bounds](Latency::is_within_bounds).
    pub fn new(latency: Latency, seed: u64) -> Self {
        /// Separates the draws of this table from those of the other one.
        const SALT: u64 = u64::from_be_bytes(*b"balances");
        Self { rows: Shards::new(), delays: Delays::new(latency, seed ^ SALT) }
    }

    /// Returns the same table, with waits on `timer`.
    #[must_use]
    pub fn with_timer(self, timer: &Timer) -> Self {
        Self { delays: self.delays.with_timer(timer), ..self }
    }

    /// Reads a balance, after the delay of a read.
    ///
    /// It returns the balance at the end of the delay. A user that was never written has zero
    /// points, and reading stores nothing.
    pub async fn select_by_id(&self, id: u64) -> UserPoint {
        self.delays.before_read().await;
        let stored = self.rows.read(id).get(&id).copied();
        stored.unwrap_or(UserPoint { id, point: 0, update_millis: 0 })
    }

    /// Writes a balance, after the delay of a write, whatever the balance was before.
    ///
    /// The row changes at the end of the delay, in one atomic step. A future that is dropped while
    /// it waits has no effect.
    pub async fn insert_or_update(&self, id: u64, point: u64, update_millis: u64) -> UserPoint {
        self.delays.before_write().await;
        let written = UserPoint { id, point, update_millis };
        self.rows.write(id).insert(id, written);
        written
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use tokio::time::timeout;

    use super::*;

    const FIVE_MS: Latency = Latency::Fixed(Duration::from_millis(5));

    /// A read must not create a row: reads of random users would fill the memory.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_user_has_zero_points_and_leaves_no_trace() {
        let table = UserPointTable::new(Latency::Assignment, 1);
        let unknown = UserPoint { id: 9, point: 0, update_millis: 0 };
        assert_eq!(table.select_by_id(9).await, unknown);
        assert!(table.rows.read(9).is_empty());
    }

    /// A write that added to the old balance would be a form of concurrency control.
    #[tokio::test(start_paused = true)]
    async fn a_write_sets_the_absolute_balance_of_one_user() {
        let table = UserPointTable::new(Latency::Assignment, 1);
        table.insert_or_update(1, 500, 10).await;
        table.insert_or_update(2, 70, 11).await;
        let written = table.insert_or_update(1, 300, 12).await;
        assert_eq!(written, UserPoint { id: 1, point: 300, update_millis: 12 });
        assert_eq!(table.select_by_id(1).await, written);
        assert_eq!(table.select_by_id(2).await.point, 70);
    }

    /// Without latency, a call must not cost a yield to the scheduler.
    #[test]
    fn without_latency_calls_are_ready_at_their_first_poll() {
        let table = UserPointTable::new(Latency::None, 1);
        assert!(table.insert_or_update(1, 500, 10).now_or_never().is_some());
        assert_eq!(table.select_by_id(1).now_or_never().unwrap().point, 500);
    }

    /// A read takes effect at the end of its delay. If it read first and waited then, it would
    /// return a stale balance, and lose more updates than the original does.
    #[tokio::test(start_paused = true)]
    async fn a_read_returns_the_balance_at_the_end_of_its_delay() {
        let table = UserPointTable::new(FIVE_MS, 1);
        let mut read = Box::pin(table.select_by_id(1));
        assert!(read.as_mut().now_or_never().is_none());
        table.insert_or_update(1, 500, 10).await;
        assert_eq!(read.await.point, 500);
    }

    /// A write that is dropped must leave the balance unchanged.
    #[tokio::test(start_paused = true)]
    async fn a_write_that_is_dropped_while_it_waits_has_no_effect() {
        let table = UserPointTable::new(FIVE_MS, 1);
        let deadline = Duration::from_millis(4);
        assert!(timeout(deadline, table.insert_or_update(1, 500, 10)).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(table.rows.read(1).is_empty());
    }

    /// This is the problem that every strategy solves. If the table kept both charges, it would
    /// have concurrency control of its own, and a strategy without any would pass as correct.
    #[tokio::test(start_paused = true)]
    async fn two_interleaved_charges_lose_one() {
        async fn charge(table: &UserPointTable, amount: u64) {
            let point = table.select_by_id(1).await.point;
            table.insert_or_update(1, point + amount, 0).await;
        }
        let table = UserPointTable::new(FIVE_MS, 1);
        tokio::join!(charge(&table, 10), charge(&table, 20));
        let point = table.select_by_id(1).await.point;
        assert!(point == 10 || point == 20, "{point} points after charges of 10 and 20");
    }
}
