//! Rows by user, spread over many small locks.
//!
//! Every table stores its rows here. A lock is held for one read or one write of one user's row and
//! never while a call waits, so it costs about as much as an atomic operation. Users that share a
//! shard block each other only for that long. So a measurement shows the strategy and not the
//! table.

use std::collections::HashMap;

use crossbeam_utils::CachePadded;

use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shards per table, as a power of two: 64 shards are enough for a few dozen cores.
const SHARDS_LOG2: u32 = 6;

/// The rows of all users. A `Row` is everything that the table stores for one user.
#[derive(Debug)]
pub(super) struct Shards<Row> {
    shards: Box<[Shard<Row>]>,
}

type Shard<Row> = CachePadded<RwLock<Rows<Row>>>;

type Rows<Row> = HashMap<u64, Row>;

impl<Row> Shards<Row> {
    /// Creates empty shards.
    pub(super) fn new() -> Self {
        let shards = (0..1 << SHARDS_LOG2).map(|_| CachePadded::new(RwLock::new(HashMap::new())));
        Self { shards: shards.collect() }
    }

    /// Locks the shard of this user for reading.
    pub(super) fn read(&self, user_id: u64) -> RwLockReadGuard<'_, Rows<Row>> {
        self.shards[shard_of(user_id)].read()
    }

    /// Locks the shard of this user for writing.
    pub(super) fn write(&self, user_id: u64) -> RwLockWriteGuard<'_, Rows<Row>> {
        self.shards[shard_of(user_id)].write()
    }
}

/// Returns the upper bits of the product with 2^64 over the golden ratio (Fibonacci hashing). It
/// spreads users evenly even if their ids share a stride.
fn shard_of(user_id: u64) -> usize {
    (user_id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SHARDS_LOG2)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids with a stride are common (a benchmark's users, a sharded sequence). If the shard
    /// followed the lower bits, all of them would share one lock.
    #[test]
    fn users_spread_over_the_shards_whatever_their_stride() {
        for stride in [1, 2, 10, 64, 1_000, 1_024, 1 << 20] {
            let mut users = [0_u32; 1 << SHARDS_LOG2];
            for user in 0..6_400 {
                users[shard_of(user * stride)] += 1;
            }
            let (least, most) = (users.iter().min().unwrap(), users.iter().max().unwrap());
            assert!(*least >= 50 && *most <= 200, "{least} to {most} users with stride {stride}");
        }
    }
}
