//! A model of the slot table: threads that acquire and release the slot of one user.

use std::collections::HashMap;

use super::SlotTable;
use crate::{
    store::models::user,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        explored::{assert_model_fails, explore},
        thread,
    },
};

/// Two threads acquire the slot of a user, and either may release it last. If a slot were removed
/// while a thread waits on it, both threads could hold its lock. If the count were read too early,
/// the slot would stay forever.
#[test]
fn threads_that_acquire_one_user_share_one_slot() {
    explore(|| {
        let shared = Arc::new((SlotTable::<Mutex<()>>::new(), AtomicU64::new(0)));
        let step = |(table, balance): &(SlotTable<Mutex<()>>, AtomicU64)| {
            let guard = table.acquire(user());
            let _lock = guard.lock();
            balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || step(&other));
        step(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Ordering::Relaxed), 2);
        assert_eq!(shared.0.len(), 0);
    });
}

/// A seeded bug, which the model must detect.
mod wrong {
    use super::*;

    /// A guard that reads the count before it takes the lock of the shard. A thread that acquires
    /// the slot in between loses it, and the next thread creates another.
    #[test]
    fn a_slot_that_is_removed_while_it_is_held() {
        type Slots = Mutex<HashMap<u64, Arc<Mutex<()>>>>;

        assert_model_fails(
            "store::slot_table::models::wrong::a_slot_that_is_removed_while_it_is_held",
            || {
                let shared = Arc::new((Slots::default(), AtomicU64::new(0)));
                let step = |(slots, balance): &(Slots, AtomicU64)| {
                    let slot = Arc::clone(slots.lock().entry(1).or_default());
                    {
                        let _lock = slot.lock();
                        balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    }
                    // One reference is the map's, one is this thread's.
                    let last = Arc::strong_count(&slot) == 2;
                    if last {
                        slots.lock().remove(&1);
                    }
                };
                let threads = [(); 2].map(|()| {
                    let other = Arc::clone(&shared);
                    thread::spawn(move || step(&other))
                });
                step(&shared);
                threads.into_iter().for_each(|thread| thread.join().unwrap());
                assert_eq!(shared.1.load(Ordering::Relaxed), 3);
            },
        );
    }
}
