//! The given database of the exercise: balances and histories in memory, behind calls that take time.
//!
//! It is used as it is, and no strategy may change it. It offers single reads and single writes of
//! absolute balances, and on purpose nothing that makes a read and a later write one step: no
//! compare-and-set, no transaction, no lock to borrow. Two callers who both read, decide and write
//! without a guard of their own therefore lose an update.

mod point_history_table;
mod user_point_table;

mod delays;
mod latency;

mod shards;

pub use delays::Delays;
pub use latency::{Latency, ParseLatencyError};
pub use point_history_table::{PointHistory, PointHistoryTable, TransactionType};
pub use user_point_table::{UserPoint, UserPointTable};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tokio::time::Instant;

    use super::*;

    const COMMANDS: u32 = 1_000;

    /// Every unguarded command pays for one read and two writes. If a table forgot a wait, or took a
    /// read's for a write's, the simulated clock would show a mean away from 99.5 + 149.5 + 149.5 ms.
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
        // One command deviates by 135 ms, the mean of a thousand by 4.3 ms: this is 3.5 of those.
        let mean_ms = begin.elapsed().as_secs_f64() * 1e3 / f64::from(COMMANDS);
        assert!((mean_ms - 398.5).abs() < 15.0, "mean of {mean_ms} ms, seed 42");
    }

    /// Both tables may be given the same seed. Were their draws the same too, the slow writes of one
    /// would coincide with the slow writes of the other, and the sum would spread too far.
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
