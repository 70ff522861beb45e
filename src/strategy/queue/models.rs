//! Models of the combining lock: a lock holder, waiters, and callers that are dropped.

use loom::future::block_on;

use super::{CombiningLock, Queue};
use crate::{
    store::{
        Store, VersionStamped, Versioned,
        models::{charge, poll, user},
    },
    strategy::{
        ConcurrencyStrategy,
        models::{AsyncBare, SyncBare, check_all_are_applied, execute_ok, open},
    },
    sync::{
        Arc,
        explored::{explore, explore_within},
        thread,
    },
};

/// Two callers on one row. A caller that finds the lock free takes it; the other enqueues its
/// request or is served. An unlock while the other caller enqueues would leave its request waiting
/// forever.
#[test]
fn two_callers_of_a_queue_are_both_applied() {
    explore(|| check_all_are_applied::<Queue<SyncBare<CombiningLock>>>(2));
}

/// As above, on an asynchronous store, where the guard passes the lock on.
#[test]
fn two_callers_of_a_queue_on_an_async_store_are_both_applied() {
    explore(|| check_all_are_applied::<Queue<AsyncBare<CombiningLock>>>(2));
}

/// Two callers of a queue on a store with a version column. The queue does not need the column, as
/// the compare-and-set loop does not need a lock.
#[test]
fn two_callers_of_a_queue_on_a_versioned_store_are_both_applied() {
    explore(|| {
        check_all_are_applied::<Queue<Versioned<AsyncBare<VersionStamped<CombiningLock>>>>>(2)
    });
}

/// One caller holds the lock, one waits in the queue, and one arrives while the lock is passed on.
#[test]
fn three_callers_of_a_queue_are_all_applied() {
    explore(|| check_all_are_applied::<Queue<SyncBare<CombiningLock>>>(3));
}

/// A read that needs the lock meets a command, and the lock holder passes the lock to the reader.
/// The reader sees the account before or after the command. A lock that did not publish the writes
/// of its holder would let the next command start from an old balance.
#[test]
fn a_reader_of_a_queue_takes_the_lock_as_a_command_does() {
    explore(|| {
        let queue = open::<Queue<SyncBare<CombiningLock>>>();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || execute_ok(&*other, 1));
        let account = block_on(queue.read(user())).unwrap();
        assert_eq!(account.balance, account.version * 1_000);
        thread.join().unwrap();
        assert_eq!(block_on(queue.read(user())).unwrap().balance, 1_000);
    });
}

/// A caller is dropped while it waits in the queue, before or after it gets the lock or an answer.
/// Its command is executed or not, and the next command is served. A lock that was passed to a
/// dropped caller would never be released.
fn check_a_dropped_caller_blocks_no_other<S: Store<PerUserState = CombiningLock>>(polls: usize) {
    let queue = open::<Queue<S>>();
    let other = Arc::clone(&queue);
    let thread = thread::spawn(move || execute_ok(&*other, 1));
    let dropped = poll(queue.execute(charge(2)), polls).is_none();
    execute_ok(&*queue, 3);
    thread.join().unwrap();
    let applied = block_on(queue.read(user())).unwrap().version;
    assert!(applied == 3 || dropped && applied == 2);
}

/// See [`check_a_dropped_caller_blocks_no_other`].
#[test]
fn a_dropped_waiter_of_a_queue_blocks_no_other() {
    explore(|| check_a_dropped_caller_blocks_no_other::<SyncBare<CombiningLock>>(1));
}

/// As above, on an asynchronous store: the dropped caller may hold the lock, in the middle of a
/// load.
#[test]
fn a_dropped_lock_holder_of_a_queue_blocks_no_other() {
    explore(|| check_a_dropped_caller_blocks_no_other::<AsyncBare<CombiningLock>>(2));
}

/// As above, and the caller may be dropped while the lock is passed to it: its request is taken out
/// of the queue, and the lock is not yet delivered. The model found a lock that was lost in this
/// way with three preemptions, and not with two.
#[test]
fn a_waiter_that_is_dropped_during_a_handoff_blocks_no_other() {
    explore_within(3, || check_a_dropped_caller_blocks_no_other::<AsyncBare<CombiningLock>>(1));
}

/// A reader is dropped while the lock holder passes the lock to it: the request is taken out of the
/// queue, and the lock is not yet delivered. The holder must keep the lock and continue, or the
/// next command waits forever. The model found that with four preemptions, and not with three.
#[test]
fn a_reader_that_is_dropped_during_a_handoff_does_not_keep_the_lock() {
    explore_within(4, || {
        let queue = open::<Queue<SyncBare<CombiningLock>>>();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || execute_ok(&*other, 1));
        // Dropped after one poll.
        let _ = poll(queue.read(user()), 1);
        execute_ok(&*queue, 2);
        thread.join().unwrap();
        assert_eq!(block_on(queue.read(user())).unwrap().version, 2);
    });
}

/// A lock holder passes the lock to a reader while other commands arrive. The holder must not go on as
/// if it still held the lock: with two holders an update is lost. That is detected with three
/// preemptions.
#[test]
fn a_lock_that_is_passed_to_a_reader_has_one_holder() {
    explore_within(3, || {
        let queue = open::<Queue<SyncBare<CombiningLock>>>();
        let (first, second) = (Arc::clone(&queue), Arc::clone(&queue));
        let first = thread::spawn(move || execute_ok(&*first, 1));
        let second = thread::spawn(move || execute_ok(&*second, 2));
        let account = block_on(queue.read(user())).unwrap();
        assert_eq!(account.balance, account.version * 1_000);
        execute_ok(&*queue, 3);
        first.join().unwrap();
        second.join().unwrap();
        assert_eq!(block_on(queue.read(user())).unwrap().version, 3);
    });
}

/// Seeded bugs, each of which a model must detect.
mod wrong {
    use std::task::{Poll, Waker};

    use super::*;
    use crate::sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        explored::assert_model_fails,
    };

    /// Two threads take a lock as the code does, and release it with the ordering `release`.
    fn check_a_lock_released_with(release: Ordering) {
        let shared = Arc::new((AtomicBool::new(false), AtomicU64::new(0)));
        let step = move |(lock, balance): &(AtomicBool, AtomicU64)| {
            while lock.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err()
            {
                thread::yield_now();
            }
            balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            lock.store(false, release);
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || step(&other));
        step(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Ordering::Relaxed), 2);
    }

    /// A lock that does not publish the writes of its holder.
    #[test]
    fn a_lock_that_is_released_relaxed() {
        assert_model_fails(
            "strategy::queue::models::wrong::a_lock_that_is_released_relaxed",
            || {
                check_a_lock_released_with(Ordering::Relaxed);
            },
        );
    }

    /// The same lock with the right ordering, to show that the model detects the ordering alone.
    #[test]
    fn a_lock_that_is_released_with_release_is_correct() {
        explore(|| check_a_lock_released_with(Ordering::Release));
    }

    /// A lock holder finds the queue empty, and only then releases the lock. A caller that enqueues
    /// in between waits forever: a drained queue never starts again.
    #[test]
    fn a_lock_that_is_released_after_the_queue_was_checked() {
        assert_model_fails(
            "strategy::queue::models::wrong::a_lock_that_is_released_after_the_queue_was_checked",
            || {
                let shared = Arc::new((AtomicBool::new(true), Mutex::new(Vec::<Waker>::new())));
                let other = Arc::clone(&shared);
                let thread = thread::spawn(move || {
                    let first = other.1.lock().pop();
                    match first {
                        Some(waker) => waker.wake(),
                        None => other.0.store(false, Ordering::Release),
                    }
                });
                let mut joined = false;
                block_on(std::future::poll_fn(|cx| {
                    let (guard, queue) = &*shared;
                    if joined || !guard.load(Ordering::Acquire) {
                        return Poll::Ready(());
                    }
                    joined = true;
                    queue.lock().push(cx.waker().clone());
                    Poll::Pending
                }));
                thread.join().unwrap();
            },
        );
    }
}
