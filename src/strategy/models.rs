//! Models of what strategies synchronize with: the combining lock, the mailbox, the actor cell.
//!
//! Each model runs on a store that has no order of its own and asserts that each commit follows
//! from the one before. So a lock with two holders, or a lock that does not publish the writes of
//! its holder, fails the model. A caller that waits forever fails it too.

use super::{
    Actor, ActorCell, Cas, CombiningLock, ConcurrencyStrategy, Queue,
    mailbox::{Admission, Envelope, Mailbox},
};
use crate::{
    domain::{Failure, Fault, Outcome, Policy},
    store::{
        Memory, Store, VersionStamped, Versioned,
        models::{Bare, charge, config, poll, user},
    },
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        explored::{explore, explore_within},
        thread,
    },
};

use loom::future::block_on;

fn open<T: ConcurrencyStrategy>() -> Arc<T> {
    Arc::new(T::new(T::Store::open(&config()), Policy::default()))
}

/// Executes a charge as the service does: by a plain call if possible.
fn execute<T: ConcurrencyStrategy>(strategy: &T, id: u64) -> Outcome {
    match strategy.execute_sync(charge(id)) {
        Some(outcome) => outcome,
        None => block_on(strategy.execute(charge(id))),
    }
}

/// Executes a charge that no rule rejects.
fn execute_ok<T: ConcurrencyStrategy>(strategy: &T, id: u64) {
    execute(strategy, id).expect("the account has room, and no caller is dropped");
}

/// Runs `callers` threads with one charge each, and checks that all charges are applied.
fn check_all_are_applied<T: ConcurrencyStrategy>(callers: u64) {
    let strategy = open::<T>();
    let threads: Vec<_> = (2..=callers)
        .map(|id| {
            let strategy = Arc::clone(&strategy);
            thread::spawn(move || execute_ok(&*strategy, id))
        })
        .collect();
    execute_ok(&*strategy, 1);
    for thread in threads {
        thread.join().unwrap();
    }
    let store = strategy.store();
    let account = block_on(store.load(&store.entry(user()))).unwrap();
    assert_eq!(account.balance, callers * 1_000);
}

type SyncBare<T> = Bare<T>;
type AsyncBare<T> = Bare<T, true>;

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

/// Two callers of the compare-and-set loop on the memory store, each of which retries until it
/// commits.
#[test]
fn two_callers_of_cas_are_both_applied() {
    explore(|| check_all_are_applied::<Cas<Memory<()>>>(2));
}

/// Two callers of a queue on a store with a version column. The queue does not need the column, as
/// the compare-and-set loop does not need a lock.
#[test]
fn two_callers_of_a_queue_on_a_versioned_store_are_both_applied() {
    explore(|| {
        check_all_are_applied::<Queue<Versioned<AsyncBare<VersionStamped<CombiningLock>>>>>(2)
    });
}

/// The compare-and-set loop on an asynchronous store, where other commands run between load and
/// commit.
#[test]
fn two_callers_of_cas_on_a_versioned_store_are_both_applied() {
    explore(|| check_all_are_applied::<Cas<Versioned<AsyncBare<VersionStamped<()>>>>>(2));
}

/// Two callers and a server. Each caller gets the reply to its own request. A lost wake-up would
/// leave one waiting; a reply slot that was assigned twice would answer it with the other caller's
/// reply.
#[test]
fn two_callers_of_a_mailbox_are_both_answered() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let (other, server) = (Arc::clone(&mailbox), Arc::clone(&mailbox));
        let server = thread::spawn(move || serve(&server, 2));
        let thread = thread::spawn(move || ask(&other, 2));
        ask(&mailbox, 1);
        thread.join().unwrap();
        server.join().unwrap();
    });
}

fn ask(mailbox: &Mailbox<u64, u64>, request: u64) {
    let reply = block_on(mailbox.ask(request, || Admission::Enqueue, |_| ()));
    assert_eq!(reply, Some(request * 10));
}

fn serve(mailbox: &Mailbox<u64, u64>, requests: usize) {
    let mut served = 0;
    let mut batch = Vec::new();
    while served < requests {
        mailbox.take(1, &mut batch);
        if batch.is_empty() {
            thread::yield_now();
        }
        for Envelope { request, reply_slot } in batch.drain(..) {
            mailbox.deliver(reply_slot, request * 10);
            served += 1;
        }
    }
}

/// A caller is dropped while its request is taken and answered. Exactly one party gets the reply:
/// the server, to which it is returned, or the handler of orphaned replies. If neither got it, a
/// lock would be lost. If both got it, the lock would have two holders.
#[test]
fn a_reply_to_a_dropped_caller_has_exactly_one_owner() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let orphaned = Arc::new(AtomicBool::new(false));
        let (other, mark) = (Arc::clone(&mailbox), Arc::clone(&orphaned));
        let thread = thread::spawn(move || {
            let request =
                other.ask(1, || Admission::Enqueue, |_| mark.store(true, Ordering::Relaxed));
            poll(request, 2).is_some()
        });
        let mut batch = Vec::new();
        mailbox.take(1, &mut batch);
        let taken = batch.pop();
        let back = taken.map(|envelope| mailbox.deliver(envelope.reply_slot, 10).is_some());
        let collected = thread.join().unwrap();
        let orphaned = orphaned.load(Ordering::Relaxed);
        match back {
            None => assert!(!collected && !orphaned, "there is no reply yet"),
            Some(back) => {
                let owners = [collected, orphaned, back];
                assert_eq!(owners.iter().filter(|&&owner| owner).count(), 1, "{owners:?}");
            }
        }
    });
}

/// A server answers a caller and closes the mailbox before the caller collects the reply. The reply
/// must stay. Otherwise the caller would find an empty reply slot, or the reply of another request.
#[test]
fn a_reply_that_has_arrived_outlives_its_server() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let other = Arc::clone(&mailbox);
        let thread = thread::spawn(move || {
            serve(&other, 1);
            other.close(|| (), || 0);
        });
        ask(&mailbox, 1);
        thread.join().unwrap();
    });
}

/// A caller enqueues while the mailbox is closed because it is empty. Either the server sees the
/// request, or `admission` lets the caller proceed. Between the two it would wait forever.
#[test]
fn no_request_enters_a_mailbox_that_is_closed() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let open = Arc::new(AtomicBool::new(true));
        let (other, is_open) = (Arc::clone(&mailbox), Arc::clone(&open));
        let thread = thread::spawn(move || {
            let admission = || match is_open.load(Ordering::Relaxed) {
                true => Admission::Enqueue,
                false => Admission::Proceed,
            };
            block_on(other.ask(1, admission, |_| ()))
        });
        let closing = mailbox.close_if_empty(|| open.store(false, Ordering::Relaxed));
        if !closing {
            serve(&mailbox, 1);
        }
        assert_eq!(thread.join().unwrap(), (!closing).then_some(10));
    });
}

/// Two callers of an actor whose task ends as soon as it is idle. Each caller must be answered, by
/// the running task or by a task that it starts. A request between two tasks would wait forever,
/// and two tasks at once would lose an update.
#[test]
fn two_callers_of_an_actor_are_both_served() {
    explore(|| check_all_are_applied::<Actor<SyncBare<ActorCell>>>(2));
}

/// The task of an actor is dropped in the middle of a command, as by a runtime that shuts down. Its
/// caller gets an indeterminate outcome, whether it arrived before or after. Without that it would
/// wait forever.
#[test]
fn a_dropped_actor_task_leaves_no_caller_waiting() {
    explore(|| {
        let actor = Arc::new(ActorCell::default());
        let served = Arc::clone(&actor);
        let spawn_if_idle = move || {
            let actor = Arc::clone(&served);
            thread::spawn(move || {
                let store = AsyncBare::<()>::open(&config());
                assert!(poll(actor.serve(&store, &Policy::default()), 1).is_none());
            });
        };
        let answer = block_on(actor.execute(charge(1), spawn_if_idle));
        assert_eq!(answer, Err(Failure::Indeterminate(Fault::Abandoned)));
    });
}

/// Seeded bugs, each of which a model must detect.
mod wrong {
    use std::task::{Poll, Waker};

    use super::*;
    use crate::sync::explored::assert_model_fails;

    /// A caller looks for its reply, releases the lock, and then stores its waker. A reply that
    /// arrives in between wakes no caller (a lost wake-up).
    #[test]
    fn a_waker_that_is_stored_too_late() {
        assert_model_fails("strategy::models::wrong::a_waker_that_is_stored_too_late", || {
            let slot = Arc::new(Mutex::new((None::<u64>, None::<Waker>)));
            let other = Arc::clone(&slot);
            let thread = thread::spawn(move || {
                let mut slot = other.lock();
                slot.0 = Some(10);
                let waker = slot.1.take();
                drop(slot);
                waker.into_iter().for_each(Waker::wake);
            });
            let reply = block_on(std::future::poll_fn(|cx| {
                let reply = slot.lock().0.take();
                match reply {
                    Some(reply) => Poll::Ready(reply),
                    None => {
                        slot.lock().1 = Some(cx.waker().clone());
                        Poll::Pending
                    }
                }
            }));
            assert_eq!(reply, 10);
            thread.join().unwrap();
        });
    }

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
        assert_model_fails("strategy::models::wrong::a_lock_that_is_released_relaxed", || {
            check_a_lock_released_with(Ordering::Relaxed);
        });
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
            "strategy::models::wrong::a_lock_that_is_released_after_the_queue_was_checked",
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
