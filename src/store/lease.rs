//! From a user's id to that user's slot, for slots that come and go.
//!
//! Where accounts live elsewhere, a slot is worth keeping only while somebody uses it. A lease
//! holds it; the last lease of a user lets it go. Leases are taken and given back under the lock
//! of a shard, so a slot cannot be let go between its being found and its being held: no one ever
//! waits on a slot that newcomers no longer find.

use std::{collections::HashMap, ops::Deref};

use crate::{
    domain::UserId,
    sync::{Arc, Mutex},
};

/// Shards of the map: enough that the lock of one is seldom contended on any machine at hand.
const SHARDS: usize = if cfg!(hotrow_loom) { 1 } else { 64 };

pub(super) struct Leases<L> {
    shards: Box<[Shard<L>]>,
}

#[repr(align(128))]
struct Shard<L>(Mutex<HashMap<UserId, Arc<L>>>);

/// Holds the slot of one user.
pub(super) struct Lease<'a, L> {
    shard: &'a Shard<L>,
    user: UserId,
    /// Taken only by `drop`, so that this count goes down under the shard's lock.
    slot: Option<Arc<L>>,
}

impl<L: Default> Leases<L> {
    pub(super) fn new() -> Leases<L> {
        Leases { shards: (0..SHARDS).map(|_| Shard(Mutex::default())).collect() }
    }

    /// Holds the slot of `user`, made if nobody held it.
    pub(super) fn hold(&self, user: UserId) -> Lease<'_, L> {
        let number = user.value() % SHARDS as u64;
        let shard = &self.shards[usize::try_from(number).expect("there are few shards")];
        let slot = Arc::clone(shard.0.lock().entry(user).or_default());
        Lease { shard, user, slot: Some(slot) }
    }

    /// Slots that somebody holds.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.lock().len()).sum()
    }
}

impl<L> Lease<'_, L> {
    pub(super) fn user(&self) -> UserId {
        self.user
    }
}

impl<L> Deref for Lease<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        self.slot.as_ref().expect("a lease holds its slot until it is dropped")
    }
}

impl<L> Drop for Lease<'_, L> {
    fn drop(&mut self) {
        let mut slots = self.shard.0.lock();
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

    /// A million users who came once must not stay for ever.
    #[test]
    fn the_last_lease_lets_the_slot_go() {
        let leases = Leases::<AtomicU64>::new();
        for id in 1..=10_000 {
            let first = leases.hold(user(id));
            let second = leases.hold(user(id));
            drop(first);
            assert_eq!(leases.held(), 1, "a slot that is held stays");
            drop(second);
        }
        assert_eq!(leases.held(), 0);
    }

    /// A slot that is let go while another waits on it would put two callers into one turn.
    #[test]
    fn threads_that_hold_a_user_at_once_hold_one_slot() {
        let leases = Leases::<Mutex<()>>::new();
        let inside = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let lease = leases.hold(user(1));
                        let _turn = lease.lock();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        inside.fetch_sub(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(leases.held(), 0);
    }
}
