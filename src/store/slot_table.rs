//! A map from user ids to slots that exist only while they are used.
//!
//! Where accounts live elsewhere, the state of a strategy is needed only while a caller uses it. A
//! guard holds a slot, and the last guard of a user removes it. Guards are created and dropped
//! under the lock of a shard. So a slot cannot be removed between the moment it is found and the
//! moment it is held, and no caller waits on a slot that later callers no longer find.

#[cfg(all(test, hotrow_loom))]
mod models;

use std::{collections::HashMap, ops::Deref};

use crossbeam_utils::CachePadded;

use crate::{
    domain::UserId,
    sync::{Arc, Mutex},
};

/// Shards of the map. On the machines at hand, the lock of one of 64 is seldom contended.
const SHARDS: usize = if cfg!(hotrow_loom) { 1 } else { 64 };

/// States of type `L`, each of which exists while a guard holds it.
pub struct SlotTable<L> {
    shards: Box<[Shard<L>]>,
}

type Shard<L> = CachePadded<Mutex<HashMap<UserId, Arc<L>>>>;

/// Holds the slot of one user.
pub struct SlotGuard<'a, L> {
    shard: &'a Shard<L>,
    user: UserId,
    /// Taken only by `drop`, so that its reference count goes down under the shard's lock.
    slot: Option<Arc<L>>,
}

impl<L: Default> SlotTable<L> {
    /// Creates an empty table.
    pub fn new() -> SlotTable<L> {
        SlotTable { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }

    /// Acquires the slot of `user`, and creates it if there is none.
    pub fn acquire(&self, user: UserId) -> SlotGuard<'_, L> {
        let number = user.value() % SHARDS as u64;
        let shard = &self.shards[usize::try_from(number).expect("there are few shards")];
        let slot = Arc::clone(shard.lock().entry(user).or_default());
        SlotGuard { shard, user, slot: Some(slot) }
    }

    /// Returns the number of slots in use.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

impl<L: Default> Default for SlotTable<L> {
    fn default() -> SlotTable<L> {
        SlotTable::new()
    }
}

impl<L> SlotGuard<'_, L> {
    /// Returns the user of the slot.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl<L> Deref for SlotGuard<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        self.slot.as_ref().expect("a guard holds its slot until it is dropped")
    }
}

impl<L> Drop for SlotGuard<'_, L> {
    fn drop(&mut self) {
        let mut slots = self.shard.lock();
        self.slot = None;
        if slots.get(&self.user).is_some_and(|slot| Arc::strong_count(slot) == 1) {
            slots.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    /// The slots of a million users with one command each must not stay.
    #[test]
    fn the_last_guard_removes_the_slot() {
        let table = SlotTable::<AtomicU64>::new();
        for id in 1..=10_000 {
            let first = table.acquire(user(id));
            let second = table.acquire(user(id));
            drop(first);
            assert_eq!(table.len(), 1, "a slot in use stays");
            drop(second);
        }
        assert_eq!(table.len(), 0);
    }

    /// If a slot were removed while a caller waits on it, two callers could hold the user's lock.
    #[test]
    fn threads_that_acquire_one_user_share_one_slot() {
        let table = SlotTable::<Mutex<()>>::new();
        let inside = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let guard = table.acquire(user(1));
                        let _lock = guard.lock();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        inside.fetch_sub(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(table.len(), 0);
    }
}
