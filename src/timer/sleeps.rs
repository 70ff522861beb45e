//! The sleeps that have not ended, by their ends and then by when they began.

use std::{
    collections::{BTreeMap, btree_map::OccupiedEntry},
    task::Waker,
};

/// The sleeps of one timer.
#[derive(Debug, Default)]
pub(super) struct Sleeps {
    wakers: BTreeMap<Key, Waker>,
    begun: u64,
}

/// One sleep of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    deadline_ns: u64,
    number: u64,
}

impl Sleeps {
    /// Begins a sleep. It waits once a waker is [set](Sleeps::set).
    pub(super) fn begin(&mut self, deadline_ns: u64) -> Key {
        self.begun += 1;
        Key { deadline_ns, number: self.begun }
    }

    /// Has `waker` woken when the sleep ends. Gives the one that was to be, for the caller to drop
    /// when the lock is free: it may own a task, and a task may sleep.
    pub(super) fn set(&mut self, key: Key, waker: &Waker) -> Option<Waker> {
        match self.wakers.get_mut(&key) {
            Some(known) if known.will_wake(waker) => None,
            Some(known) => Some(std::mem::replace(known, waker.clone())),
            None => self.wakers.insert(key, waker.clone()),
        }
    }

    /// Ends a sleep before its time. What is given is dropped as in [`set`](Sleeps::set).
    pub(super) fn cancel(&mut self, key: Key) -> Option<Waker> {
        self.wakers.remove(&key)
    }

    /// The earliest end.
    pub(super) fn deadline_ns(&self) -> Option<u64> {
        self.wakers.first_key_value().map(|(key, _)| key.deadline_ns)
    }

    /// Takes the next sleep that ends by `now_ns`.
    pub(super) fn pop(&mut self, now_ns: u64) -> Option<Waker> {
        self.wakers
            .first_entry()
            .filter(|one| one.key().deadline_ns <= now_ns)
            .map(OccupiedEntry::remove)
    }
}
