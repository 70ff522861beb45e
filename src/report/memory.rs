//! What a user who is left alone costs in memory, and what a receipt costs: slopes, since what a
//! service has once for all is not the price of anything.

use crate::record::MemoryRow;

/// What one strategy costs on one store.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryCost {
    /// Where the accounts live.
    pub store: String,
    /// Name of the strategy.
    pub strategy: String,
    /// Bytes for each user who was served once and is left alone, receipts not counted.
    pub bytes_per_user: f64,
    /// Bytes for each receipt.
    pub bytes_per_receipt: f64,
}

/// The costs of everybody of whom enough was counted, in the order of the rows.
pub fn memory_costs(rows: &[MemoryRow]) -> Vec<MemoryCost> {
    let mut costs: Vec<MemoryCost> = Vec::new();
    for row in rows {
        let is_known =
            |cost: &MemoryCost| (&cost.store, &cost.strategy) == (&row.store, &row.strategy);
        if !costs.iter().any(is_known) {
            let of_same =
                |other: &&MemoryRow| (&other.store, &other.strategy) == (&row.store, &row.strategy);
            costs.extend(cost(&rows.iter().filter(of_same).collect::<Vec<_>>()));
        }
    }
    costs
}

/// The slopes through the rows of one strategy on one store.
fn cost(rows: &[&MemoryRow]) -> Option<MemoryCost> {
    let first = rows.first()?;
    let most = rows.iter().max_by_key(|row| (row.receipts, row.users))?;
    let fewer = rows.iter().filter(|row| row.users == most.users && row.receipts < most.receipts);
    let fewer = fewer.max_by_key(|row| row.receipts)?;
    let bytes_per_receipt =
        more(most.live_bytes, fewer.live_bytes) / more(most.receipts, fewer.receipts);

    let alone =
        |users| rows.iter().filter(move |row| row.users == users).min_by_key(|row| row.receipts);
    let few = alone(rows.iter().map(|row| row.users).min()?)?;
    let many = alone(rows.iter().map(|row| row.users).max()?)?;
    let bytes = more(many.live_bytes, few.live_bytes)
        - bytes_per_receipt * more(many.receipts, few.receipts);
    (few.users < many.users).then(|| MemoryCost {
        store: first.store.clone(),
        strategy: first.strategy.clone(),
        bytes_per_user: bytes / more(many.users, few.users),
        bytes_per_receipt,
    })
}

fn more(one: u64, other: u64) -> f64 {
    one as f64 - other as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// A service that has a thousand bytes for all, 64 for a user and 24 for a receipt; on a store
    /// that cannot do without, the receipts of the users are not the price of the users.
    #[test]
    fn a_slope_leaves_out_what_there_is_once() {
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
