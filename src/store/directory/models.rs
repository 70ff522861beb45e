//! A model of the directory: two threads that create one cell.

use super::Directory;
use crate::{
    store::models::user,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        explored::explore,
        thread,
    },
};

/// Two threads ask for a user without a cell. If two cells were created, the user would have two
/// accounts.
#[test]
fn two_threads_create_one_cell() {
    explore(|| {
        let directory = Arc::new(Directory::<AtomicU64>::new(0));
        let other = Arc::clone(&directory);
        let thread = thread::spawn(move || {
            other.get_or_insert(user()).fetch_add(1, Ordering::Relaxed);
        });
        directory.get_or_insert(user()).fetch_add(1, Ordering::Relaxed);
        thread.join().unwrap();
        let cell = directory.get(user()).expect("both threads create it");
        assert_eq!(cell.load(Ordering::Relaxed), 2);
    });
}
