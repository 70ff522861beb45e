//! The given database of the exercise: balances and histories in memory, behind calls that take
//! time.
//!
//! Strategies use it as it is and may not change it. It offers single reads and single writes of
//! absolute balances. By design it offers nothing that makes a read and a later write one step: no
//! compare-and-set, no transaction, no lock. So two callers that both read, decide and write
//! without concurrency control lose an update.

mod point_history_table;
mod user_point_table;

mod delays;

mod shards;

pub use delays::Delays;
pub use point_history_table::{PointHistory, PointHistoryTable, TransactionType};
pub use user_point_table::{UserPoint, UserPointTable};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tokio::time::Instant;

    use super::*;
    use crate::scenario::Latency;

    const COMMANDS: u32 = 1_000;

    /// Every command without a lock waits for one read and two writes. If a table skipped a wait or
    /// mixed up read and write, the mean would differ from 99.5 + 149.5 + 149.5 ms of simulated
    /// time.
    #[tokio::test(start_paused = true)]
    async fn a_command_waits_for_one_read_and_two_writes() {
        let points = UserPointTable::new(Latency::Assignment, 42);
        let histories = PointHistoryTable::new(Latency::Assignment, 42);
        let begin = Instant::now();
        for _ in 0..COMMANDS {
            let point = points.select_by_id(1).await.point + 1;
            points.insert_or_update(1, point, 0).await;
            histories.insert(1, 1, TransactionType::Charge, 0).await;
        }
        // One command has a standard deviation of 135 ms, the mean of a thousand 4.3 ms: this is
        // 3.5 of those.
        let mean_ms = begin.elapsed().as_secs_f64() * 1e3 / f64::from(COMMANDS);
        assert!((mean_ms - 398.5).abs() < 15.0, "mean of {mean_ms} ms, seed 42");
    }

    /// Both tables may have the same seed. If their draws were the same too, the slow writes of
    /// both would coincide, and the spread of the sum would be too large.
    #[tokio::test(start_paused = true)]
    async fn one_seed_gives_the_two_tables_different_delays() {
        let points = UserPointTable::new(Latency::Assignment, 42);
        let histories = PointHistoryTable::new(Latency::Assignment, 42);
        let mut differences = HashSet::new();
        for _ in 0..100 {
            let begin = Instant::now();
            points.insert_or_update(1, 1, 0).await;
            let middle = Instant::now();
            histories.insert(1, 1, TransactionType::Use, 0).await;
            let (first, second) = (middle - begin, middle.elapsed());
            differences.insert(first.abs_diff(second));
        }
        assert!(differences.len() > 50, "only {} different gaps, seed 42", differences.len());
    }
}
