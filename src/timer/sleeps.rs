//! The sleeps of a timer that have not ended, ordered by deadline and then by start.

use std::{
    collections::{BTreeMap, btree_map::OccupiedEntry},
    task::Waker,
};

/// The unfinished sleeps of one timer.
#[derive(Debug, Default)]
pub(super) struct Sleeps {
    wakers: BTreeMap<Key, Waker>,
    started: u64,
}

/// The key of one sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    deadline_ns: u64,
    number: u64,
}

impl Sleeps {
    /// Starts a sleep. It waits once a waker is [set](Sleeps::set).
    pub(super) fn start(&mut self, deadline_ns: u64) -> Key {
        self.started += 1;
        Key { deadline_ns, number: self.started }
    }

    /// Sets the waker to wake when the sleep ends. Returns the previous waker, which the caller
    /// drops after it releases the lock: a waker may own a task, and dropping a task may cancel
    /// another sleep.
    pub(super) fn set(&mut self, key: Key, waker: &Waker) -> Option<Waker> {
        match self.wakers.get_mut(&key) {
            Some(current) if current.will_wake(waker) => None,
            Some(current) => Some(std::mem::replace(current, waker.clone())),
            None => self.wakers.insert(key, waker.clone()),
        }
    }

    /// Ends a sleep before its deadline. The caller drops the returned waker as for
    /// [`set`](Sleeps::set).
    pub(super) fn cancel(&mut self, key: Key) -> Option<Waker> {
        self.wakers.remove(&key)
    }

    /// Returns the earliest deadline.
    pub(super) fn deadline_ns(&self) -> Option<u64> {
        self.wakers.first_key_value().map(|(key, _)| key.deadline_ns)
    }

    /// Removes the next sleep that ends by `now_ns`, and returns its waker.
    pub(super) fn pop(&mut self, now_ns: u64) -> Option<Waker> {
        self.wakers
            .first_entry()
            .filter(|entry| entry.key().deadline_ns <= now_ns)
            .map(OccupiedEntry::remove)
    }
}
