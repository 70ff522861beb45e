//! The point table: one balance per user, read and written as a whole.
//!
//! A write sets the absolute balance and asks nothing about the old one. Every call waits first and
//! then has its effect at one instant, so a caller who reads, decides and writes leaves a gap in
//! which others do the same. To close that gap is the work of a strategy and not of this table.

use super::{Delays, Latency, shards::Shards};
use crate::timer::Timer;

/// The balance of one user, as it was at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPoint {
    /// Whose balance this is.
    pub id: u64,
    /// The balance, in points.
    pub point: u64,
    /// When the balance was written, in milliseconds of the caller's clock; 0 if it never was.
    pub update_millis: u64,
}

/// Keeps the balance of every user who has ever been written.
///
/// A user takes one row however often it is written, and rows are never removed.
#[derive(Debug)]
pub struct UserPointTable {
    rows: Shards<UserPoint>,
    delays: Delays,
}

impl UserPointTable {
    /// Makes a table without a row. Its delays are those of the latency, drawn from the seed; the
    /// other table draws others from the same seed.
    ///
    /// # Panics
    /// If the latency is not [within its bounds](Latency::is_within_bounds).
    pub fn new(latency: Latency, seed: u64) -> Self {
        /// Sets the draws of this table apart from those of the other one.
        const SALT: u64 = u64::from_be_bytes(*b"balances");
        Self { rows: Shards::new(), delays: Delays::new(latency, seed ^ SALT) }
    }

    /// The same table, whose delays are waited for on `timer`.
    #[must_use]
    pub fn with_timer(self, timer: &Timer) -> Self {
        Self { delays: self.delays.with_timer(timer), ..self }
    }

    /// Reads a balance, after the delay of a read.
    ///
    /// It is the balance at the end of the delay. A user who was never written has zero points, and
    /// is not stored for having been asked about.
    pub async fn select_by_id(&self, id: u64) -> UserPoint {
        self.delays.before_read().await;
        let stored = self.rows.read(id).get(&id).copied();
        stored.unwrap_or(UserPoint { id, point: 0, update_millis: 0 })
    }

    /// Writes a balance, after the delay of a write, whatever the balance was before.
    ///
    /// The row changes at the end of the delay and at one instant. A future that is dropped while it
    /// waits has had no effect.
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

    /// Looking up must not create accounts: whoever asks for random users would fill the memory.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_user_has_zero_points_and_leaves_no_trace() {
        let table = UserPointTable::new(Latency::Assignment, 1);
        let unknown = UserPoint { id: 9, point: 0, update_millis: 0 };
        assert_eq!(table.select_by_id(9).await, unknown);
        assert!(table.rows.read(9).is_empty());
    }

    /// A write that added to the old balance would be a guard of its own, and the wrong one here.
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

    /// Measured without latency, a call must not cost a turn of the scheduler.
    #[test]
    fn without_latency_calls_are_ready_at_their_first_poll() {
        let table = UserPointTable::new(Latency::None, 1);
        assert!(table.insert_or_update(1, 500, 10).now_or_never().is_some());
        assert_eq!(table.select_by_id(1).now_or_never().unwrap().point, 500);
    }

    /// The read has its instant at the end. Did it read first and wait then, it would hand out a
    /// balance that was already old, and lose more updates than the original does.
    #[tokio::test(start_paused = true)]
    async fn a_read_tells_the_balance_at_the_end_of_its_delay() {
        let table = UserPointTable::new(FIVE_MS, 1);
        let mut read = Box::pin(table.select_by_id(1));
        assert!(read.as_mut().now_or_never().is_none());
        table.insert_or_update(1, 500, 10).await;
        assert_eq!(read.await.point, 500);
    }

    /// A caller who gives up must be able to tell what became of the balance: nothing.
    #[tokio::test(start_paused = true)]
    async fn a_write_dropped_while_it_waits_has_no_effect() {
        let table = UserPointTable::new(FIVE_MS, 1);
        let patience = Duration::from_millis(4);
        assert!(timeout(patience, table.insert_or_update(1, 500, 10)).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(table.rows.read(1).is_empty());
    }

    /// The reason for every strategy. If this kept both charges, the table would have a guard of its
    /// own, and a strategy that does nothing would pass for a sound one.
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
