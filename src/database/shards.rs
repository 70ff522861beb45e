//! Rows by user, spread over many small locks.
//!
//! Every table keeps its rows here. A lock is held for one read or one write of one user's row and
//! never while a call waits, so it costs about as much as an atomic step. Users who share a shard
//! meet only for that long, and the table is not what a strategy's measurement measures.

use std::collections::HashMap;

use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shards per table, as a power of two: 64 of them keep a few dozen cores apart.
const SHARDS_LOG2: u32 = 6;

/// The rows of all users. A row is whatever the table keeps for one user.
#[derive(Debug)]
pub(super) struct Shards<Row> {
    shards: Box<[Shard<Row>]>,
}

/// Two cache lines each, since processors fetch lines in pairs: neighbours must not share one.
#[derive(Debug)]
#[repr(align(128))]
struct Shard<Row>(RwLock<Rows<Row>>);

type Rows<Row> = HashMap<u64, Row>;

impl<Row> Shards<Row> {
    /// Makes shards without a row.
    pub(super) fn new() -> Self {
        let shards = (0..1 << SHARDS_LOG2).map(|_| Shard(RwLock::new(HashMap::new())));
        Self { shards: shards.collect() }
    }

    /// Locks the shard of this user for one read.
    pub(super) fn read(&self, user_id: u64) -> RwLockReadGuard<'_, Rows<Row>> {
        self.shards[shard_of(user_id)].0.read()
    }

    /// Locks the shard of this user for one write.
    pub(super) fn write(&self, user_id: u64) -> RwLockWriteGuard<'_, Rows<Row>> {
        self.shards[shard_of(user_id)].0.write()
    }
}

/// Chooses by the upper bits of a product with 2^64 over the golden ratio, which spreads users evenly
/// also where their ids share a stride.
fn shard_of(user_id: u64) -> usize {
    (user_id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SHARDS_LOG2)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids with a stride are usual (a benchmark's users, a sharded sequence). If the choice of a
    /// shard followed the lower bits, all of them would meet on one lock.
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
