//! A map from user ids to cells that are never removed.
//!
//! Dense ids lie in one array, and their look-up is a comparison and an addition. Any other id is
//! found through a map that is read without a lock, and its cell never moves. A cell is never
//! removed, because it holds the account itself.

#[cfg(all(test, hotrow_loom))]
mod models;

#[cfg(hotrow_loom)]
use crate::sync::collections::{boxcar, papaya};
use crate::{domain::UserId, sync::Mutex};

pub(super) struct Directory<C> {
    dense: Box<[C]>,
    sparse: papaya::HashMap<UserId, usize>,
    sparse_cells: boxcar::Vec<C>,
    /// Held while a sparse cell is created, so that two callers do not create two.
    creating: Mutex<()>,
}

impl<C: Default> Directory<C> {
    /// Creates a directory that already has the cells of users 1 to `dense_users`.
    pub(super) fn new(dense_users: u64) -> Directory<C> {
        Directory {
            dense: (0..dense_users).map(|_| C::default()).collect(),
            sparse: papaya::HashMap::new(),
            sparse_cells: boxcar::Vec::new(),
            creating: Mutex::new(()),
        }
    }

    /// Returns the cell of `user`, if there is one.
    #[inline]
    pub(super) fn get(&self, user: UserId) -> Option<&C> {
        match self.dense_cell(user) {
            Some(cell) => Some(cell),
            None => self.get_sparse(user),
        }
    }

    /// Returns the cell of `user`, and creates it if there is none.
    #[inline]
    pub(super) fn get_or_insert(&self, user: UserId) -> &C {
        match self.dense_cell(user) {
            Some(cell) => cell,
            None => self.get_or_insert_sparse(user),
        }
    }

    #[inline]
    fn dense_cell(&self, user: UserId) -> Option<&C> {
        self.dense.get(usize::try_from(user.value() - 1).ok()?)
    }

    fn get_sparse(&self, user: UserId) -> Option<&C> {
        let index = *self.sparse.pin().get(&user)?;
        self.sparse_cells.get(index)
    }

    #[inline(never)]
    fn get_or_insert_sparse(&self, user: UserId) -> &C {
        if let Some(cell) = self.get_sparse(user) {
            return cell;
        }
        let _guard = self.creating.lock();
        if let Some(cell) = self.get_sparse(user) {
            return cell;
        }
        let index = self.sparse_cells.push(C::default());
        self.sparse.pin().insert(user, index);
        &self.sparse_cells[index]
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

    /// Ids from a database sequence are dense. Ids from elsewhere are any number up to 2^63 - 1.
    /// Each must always map to the same cell.
    #[test]
    fn dense_and_sparse_ids_each_have_one_cell() {
        let directory = Directory::<AtomicU64>::new(10);
        let ids = [1, 10, 11, 1 << 32, UserId::MAX];
        for id in ids {
            directory.get_or_insert(user(id)).store(id, Ordering::Relaxed);
        }
        for id in ids {
            assert_eq!(directory.get(user(id)).unwrap().load(Ordering::Relaxed), id);
        }
    }

    /// Dense ids must not go through the map, which is several times slower and creates other
    /// cells.
    #[test]
    fn dense_ids_lie_in_the_array() {
        let directory = Directory::<AtomicU64>::new(10);
        for id in 1..=10 {
            let index = usize::try_from(id - 1).unwrap();
            assert!(ptr::eq(directory.get_or_insert(user(id)), &raw const directory.dense[index]));
        }
        assert_eq!(directory.sparse_cells.count(), 0);
        directory.get_or_insert(user(11));
        assert_eq!(directory.sparse_cells.count(), 1);
    }

    /// A read of an unknown user's balance must not allocate memory for that user.
    #[test]
    fn a_lookup_of_an_unknown_user_leaves_no_trace() {
        let directory = Directory::<AtomicU64>::new(1);
        assert!(directory.get(user(77)).is_none());
        assert_eq!(directory.sparse_cells.count(), 0);
    }

    /// Two concurrent first commands of one user must find the same cell.
    #[test]
    fn threads_that_create_a_cell_at_once_share_one() {
        let directory = Directory::<AtomicU64>::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for id in 1..=1_000 {
                        directory.get_or_insert(user(id)).fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(directory.sparse_cells.count(), 1_000);
        for id in 1..=1_000 {
            let cell = directory.get(user(id)).unwrap();
            assert_eq!(cell.load(Ordering::Relaxed), 4);
            assert!(ptr::eq(cell, directory.get_or_insert(user(id))));
        }
    }
}
