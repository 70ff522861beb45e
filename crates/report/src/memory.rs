//! Computes the memory cost of an idle user and of a receipt.
//!
//! Both are slopes over the number of users and of receipts, so that memory that a service
//! allocates once is not counted.

use hotrow_results::MemoryRow;

/// The memory cost of one strategy on one store.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryCost {
    /// The name of the store.
    pub store: String,
    /// The name of the strategy.
    pub strategy: String,
    /// Bytes per idle user, after one request and without its receipts.
    pub bytes_per_user: f64,
    /// Bytes per receipt.
    pub bytes_per_receipt: f64,
}

/// Computes the costs of each strategy on each store that has enough rows, in the order of the
/// rows.
pub fn memory_costs(rows: &[MemoryRow]) -> Vec<MemoryCost> {
    let mut costs: Vec<MemoryCost> = Vec::new();
    for row in rows {
        let is_known =
            |cost: &MemoryCost| (&cost.store, &cost.strategy) == (&row.store, &row.strategy);
        if !costs.iter().any(is_known) {
            let is_same =
                |other: &&MemoryRow| (&other.store, &other.strategy) == (&row.store, &row.strategy);
            costs.extend(cost(&rows.iter().filter(is_same).collect::<Vec<_>>()));
        }
    }
    costs
}

/// Computes the slopes through the rows of one strategy on one store.
fn cost(rows: &[&MemoryRow]) -> Option<MemoryCost> {
    let first = rows.first()?;
    let most = rows.iter().max_by_key(|row| (row.receipts, row.users))?;
    let fewer = rows.iter().filter(|row| row.users == most.users && row.receipts < most.receipts);
    let fewer = fewer.max_by_key(|row| row.receipts)?;
    let bytes_per_receipt =
        difference(most.live_bytes, fewer.live_bytes) / difference(most.receipts, fewer.receipts);

    let with_fewest_receipts =
        |users| rows.iter().filter(move |row| row.users == users).min_by_key(|row| row.receipts);
    let few = with_fewest_receipts(rows.iter().map(|row| row.users).min()?)?;
    let many = with_fewest_receipts(rows.iter().map(|row| row.users).max()?)?;
    let bytes = difference(many.live_bytes, few.live_bytes)
        - bytes_per_receipt * difference(many.receipts, few.receipts);
    (few.users < many.users).then(|| MemoryCost {
        store: first.store.clone(),
        strategy: first.strategy.clone(),
        bytes_per_user: bytes / difference(many.users, few.users),
        bytes_per_receipt,
    })
}

fn difference(minuend: u64, subtrahend: u64) -> f64 {
    minuend as f64 - subtrahend as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    /// The service allocates 1,000 bytes once, 64 per user and 24 per receipt. The second case has
    /// one receipt per user, as on a store that needs its ledger: it must not count as cost of the
    /// user.
    #[test]
    fn a_slope_leaves_out_memory_that_is_allocated_once() {
        for receipts in [0, 1] {
            let bytes = |users, receipts| 1_000 + 64 * users + 24 * receipts;
            let counts = [(10, 10 * receipts), (90, 90 * receipts), (10, 160), (10, 640)];
            let rows = counts.map(|(users, receipts)| {
                sample::memory("queue", users, receipts, bytes(users, receipts))
            });
            let cost = &memory_costs(&rows)[0];
            assert_eq!((cost.bytes_per_user, cost.bytes_per_receipt), (64.0, 24.0));
        }
        assert_eq!(memory_costs(&[sample::memory("queue", 10, 0, 5)]), []);
    }
}
