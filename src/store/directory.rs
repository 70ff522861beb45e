//! From a user's id to that user's cell, for cells that stay.
//!
//! Ids that are dense lie in one array, and the look-up is a comparison and an addition. Any other
//! id is found through a map that is read without a lock, and its cell never moves. A cell is
//! never taken back: it holds the account itself.

#[cfg(hotrow_loom)]
use crate::sync::collections::{boxcar, papaya};
use crate::{domain::UserId, sync::Mutex};

pub(super) struct Directory<C> {
    dense: Box<[C]>,
    sparse: papaya::HashMap<UserId, usize>,
    sparse_cells: boxcar::Vec<C>,
    /// Held while a sparse cell is made, so that two callers do not make two.
    making: Mutex<()>,
}

impl<C: Default> Directory<C> {
    /// A directory whose users 1 to `dense_users` have their cells already.
    pub(super) fn new(dense_users: u64) -> Directory<C> {
        Directory {
            dense: (0..dense_users).map(|_| C::default()).collect(),
            sparse: papaya::HashMap::new(),
            sparse_cells: boxcar::Vec::new(),
            making: Mutex::new(()),
        }
    }

    /// The cell of `user`, if there is one.
    #[inline]
    pub(super) fn find(&self, user: UserId) -> Option<&C> {
        match self.dense_cell(user) {
            Some(cell) => Some(cell),
            None => self.find_sparse(user),
        }
    }

    /// The cell of `user`, made if there is none.
    #[inline]
    pub(super) fn find_or_make(&self, user: UserId) -> &C {
        match self.dense_cell(user) {
            Some(cell) => cell,
            None => self.find_or_make_sparse(user),
        }
    }

    #[inline]
    fn dense_cell(&self, user: UserId) -> Option<&C> {
        self.dense.get(usize::try_from(user.value() - 1).ok()?)
    }

    fn find_sparse(&self, user: UserId) -> Option<&C> {
        let place = *self.sparse.pin().get(&user)?;
        self.sparse_cells.get(place)
    }

    #[inline(never)]
    fn find_or_make_sparse(&self, user: UserId) -> &C {
        if let Some(cell) = self.find_sparse(user) {
            return cell;
        }
        let _making = self.making.lock();
        if let Some(cell) = self.find_sparse(user) {
            return cell;
        }
        let place = self.sparse_cells.push(C::default());
        self.sparse.pin().insert(user, place);
        &self.sparse_cells[place]
    }
}

#[cfg(test)]
mod tests {
    use std::{
        ptr,
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    /// Ids from a database's sequence are dense, ids from elsewhere are any number up to 2^63 - 1;
    /// both must come to one cell each, always the same.
    #[test]
    fn dense_and_sparse_ids_each_have_one_cell() {
        let directory = Directory::<AtomicU64>::new(10);
        let ids = [1, 10, 11, 1 << 32, UserId::MAX];
        for id in ids {
            directory.find_or_make(user(id)).store(id, Ordering::Relaxed);
        }
        for id in ids {
            assert_eq!(directory.find(user(id)).unwrap().load(Ordering::Relaxed), id);
        }
    }

    /// Dense ids must not go through the map, which is several times as slow and makes cells of its own.
    #[test]
    fn dense_ids_lie_in_the_array() {
        let directory = Directory::<AtomicU64>::new(10);
        for id in 1..=10 {
            let place = usize::try_from(id - 1).unwrap();
            assert!(ptr::eq(directory.find_or_make(user(id)), &raw const directory.dense[place]));
        }
        assert_eq!(directory.sparse_cells.count(), 0);
        directory.find_or_make(user(11));
        assert_eq!(directory.sparse_cells.count(), 1);
    }

    /// Asking for a stranger's balance must not make the stranger cost memory.
    #[test]
    fn looking_leaves_no_trace() {
        let directory = Directory::<AtomicU64>::new(1);
        assert!(directory.find(user(77)).is_none());
        assert_eq!(directory.sparse_cells.count(), 0);
    }

    /// Two first commands of one user at the same time must meet in one cell.
    #[test]
    fn threads_that_make_a_cell_together_make_one() {
        let directory = Directory::<AtomicU64>::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for id in 1..=1_000 {
                        directory.find_or_make(user(id)).fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(directory.sparse_cells.count(), 1_000);
        for id in 1..=1_000 {
            let cell = directory.find(user(id)).unwrap();
            assert_eq!(cell.load(Ordering::Relaxed), 4);
            assert!(ptr::eq(cell, directory.find_or_make(user(id))));
        }
    }
}
