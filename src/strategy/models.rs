//! Models of what strategies synchronise with: the queue's turn, the mailbox, the desk.
//!
//! Each stands before a store that has no order of its own and refuses a commit that does not
//! follow from the one before, so that a turn that two hold, or that does not pass on what was
//! written in it, ends the model. Whoever waits for ever ends it too.

use super::{
    Actor, Cas, ConcurrencyStrategy, Desk, Queue, Turn,
    mailbox::{Door, Letter, Mailbox},
};
use crate::{
    domain::{Failure, Fault, Outcome, Policy},
    store::{
        Slab, Stamped, Store, Versioned,
        models::{Bare, charge, poll, setup, user},
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
    Arc::new(T::new(T::Store::open(&setup()), Policy::default()))
}

/// Executes a charge as the service does: by a plain call if that will do.
fn execute<T: ConcurrencyStrategy>(strategy: &T, id: u64) -> Outcome {
    match strategy.execute_at_once(charge(id)) {
        Some(outcome) => outcome,
        None => block_on(strategy.execute(charge(id))),
    }
}

/// Executes a charge that nothing is in the way of.
fn execute_well<T: ConcurrencyStrategy>(strategy: &T, id: u64) {
    execute(strategy, id).expect("there is room, and nobody is cut off");
}

/// So many callers at once, each with one charge; all must be there at the end.
fn all_are_applied<T: ConcurrencyStrategy>(callers: u64) {
    let strategy = open::<T>();
    let threads: Vec<_> = (2..=callers)
        .map(|id| {
            let strategy = Arc::clone(&strategy);
            thread::spawn(move || execute_well(&*strategy, id))
        })
        .collect();
    execute_well(&*strategy, 1);
    for thread in threads {
        thread.join().unwrap();
    }
    let store = strategy.store();
    let account = block_on(store.load(&store.row(user()))).unwrap();
    assert_eq!(account.balance, callers * 1_000);
}

type OfMemory<T> = Bare<T>;
type OfTables<T> = Bare<T, true>;

/// Two callers on one row. Who finds the turn free goes ahead, who does not stands in line or is
/// served; a turn given back while the other joins the line would leave it there for ever.
#[test]
fn two_callers_of_a_queue_are_both_served() {
    explore(|| all_are_applied::<Queue<OfMemory<Turn>>>(2));
}

/// As above on a store that suspends, where the turn is handed over by its guard.
#[test]
fn two_callers_of_a_queue_over_a_slow_store_are_both_served() {
    explore(|| all_are_applied::<Queue<OfTables<Turn>>>(2));
}

/// One caller holds the turn, one stands in line, and one comes while the turn is handed on.
#[test]
fn three_callers_of_a_queue_are_all_served() {
    explore(|| all_are_applied::<Queue<OfMemory<Turn>>>(3));
}

/// A read that needs a turn meets a command, and the reader is given the turn by its holder. It
/// sees the account before or after; a turn that did not carry what was written in it would let the
/// next command start from an old balance.
#[test]
fn a_reader_of_a_queue_takes_a_turn_as_a_command_does() {
    explore(|| {
        let queue = open::<Queue<OfMemory<Turn>>>();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || execute_well(&*other, 1));
        let account = block_on(queue.read(user())).unwrap();
        assert_eq!(account.balance, account.version * 1_000);
        thread.join().unwrap();
        assert_eq!(block_on(queue.read(user())).unwrap().balance, 1_000);
    });
}

/// A caller stands in line and leaves, before or after it was given the turn or an answer. Its
/// command is executed or not, and the next one is served: a turn that went to who had left would
/// be nobody's.
fn who_leaves_holds_up_nobody<S: Store<Slot = Turn>>(polls: usize) {
    let queue = open::<Queue<S>>();
    let other = Arc::clone(&queue);
    let thread = thread::spawn(move || execute_well(&*other, 1));
    let left = poll(queue.execute(charge(2)), polls).is_none();
    execute_well(&*queue, 3);
    thread.join().unwrap();
    let applied = block_on(queue.read(user())).unwrap().version;
    assert!(applied == 3 || left && applied == 2);
}

/// See [`who_leaves_holds_up_nobody`].
#[test]
fn who_leaves_a_queue_holds_up_nobody() {
    explore(|| who_leaves_holds_up_nobody::<OfMemory<Turn>>(1));
}

/// As above on a store that suspends: who leaves may hold the turn, in the middle of a load.
#[test]
fn who_leaves_a_queue_in_its_turn_holds_up_nobody() {
    explore(|| who_leaves_holds_up_nobody::<OfTables<Turn>>(2));
}

/// As above, and who leaves may do so while the turn is on its way to it: taken out of the line, and
/// not yet told. A turn that is lost so was seen with three preemptions, and not with two.
#[test]
fn who_leaves_as_a_turn_is_handed_over_holds_up_nobody() {
    explore_within(3, || who_leaves_holds_up_nobody::<OfTables<Turn>>(1));
}

/// A reader leaves while the holder that serves the line passes the turn to it: the request is taken
/// out of the line, and the turn is not yet delivered. The holder must keep the turn and go on, or
/// the next command waits for ever. That was seen with four preemptions, and not with three.
#[test]
fn a_reader_that_leaves_as_it_is_given_the_turn_does_not_keep_it() {
    explore_within(4, || {
        let queue = open::<Queue<OfMemory<Turn>>>();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || execute_well(&*other, 1));
        // Dropped after one poll.
        let _ = poll(queue.read(user()), 1);
        execute_well(&*queue, 2);
        thread.join().unwrap();
        assert_eq!(block_on(queue.read(user())).unwrap().version, 2);
    });
}

/// Two callers of the compare-and-set loop over the cell in memory, each retrying until it wins.
#[test]
fn two_callers_of_a_compare_and_set_are_both_applied() {
    explore(|| all_are_applied::<Cas<Slab<()>>>(2));
}

/// Two callers of a queue over a store with a version column, which a turn needs as little as a
/// compare-and-set loop needs a turn.
#[test]
fn two_callers_of_a_queue_over_versions_are_both_served() {
    explore(|| all_are_applied::<Queue<Versioned<OfTables<Stamped<Turn>>>>>(2));
}

/// The compare-and-set loop over a slow store, whose loads and commits others come between.
#[test]
fn two_callers_of_a_compare_and_set_over_versions_are_both_applied() {
    explore(|| all_are_applied::<Cas<Versioned<OfTables<Stamped<()>>>>>(2));
}

/// Two callers meet a server. Both are answered with what they asked: a wake that is lost, or a
/// ticket that is given out twice, would leave one waiting or answer it with the other's reply.
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
    let reply = block_on(mailbox.ask(request, || Door::Join, |_| ()));
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
        for Letter { request, ticket } in batch.drain(..) {
            mailbox.deliver(ticket, request * 10);
            served += 1;
        }
    }
}

/// A caller leaves while its request is taken and answered. The reply must come to exactly one: to
/// the server, who gets it back, or to what takes what nobody claimed. Given to neither, a turn
/// would be lost; given to both, two would hold it.
#[test]
fn a_reply_to_who_left_is_given_to_exactly_one() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let unclaimed = Arc::new(AtomicBool::new(false));
        let (other, mark) = (Arc::clone(&mailbox), Arc::clone(&unclaimed));
        let thread = thread::spawn(move || {
            let asked = other.ask(1, || Door::Join, |_| mark.store(true, Ordering::Relaxed));
            poll(asked, 2).is_some()
        });
        let mut batch = Vec::new();
        mailbox.take(1, &mut batch);
        let taken = batch.pop();
        let back = taken.map(|letter| mailbox.deliver(letter.ticket, 10).is_some());
        let claimed = thread.join().unwrap();
        let unclaimed = unclaimed.load(Ordering::Relaxed);
        match back {
            None => assert!(!claimed && !unclaimed, "nobody has answered"),
            Some(back) => {
                let given = [claimed, unclaimed, back];
                assert_eq!(given.iter().filter(|&&given| given).count(), 1, "{given:?}");
            }
        }
    });
}

/// A server answers a caller and goes away before the caller has come for it. What has arrived is the
/// caller's: taken back, the caller would find nothing under its ticket, or another's reply.
#[test]
fn a_reply_that_has_arrived_outlives_its_server() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let other = Arc::clone(&mailbox);
        let thread = thread::spawn(move || {
            serve(&other, 1);
            other.forsake(|| (), || 0);
        });
        ask(&mailbox, 1);
        thread.join().unwrap();
    });
}

/// Somebody asks while the line is retired, as it is once it is empty. The request is seen by who
/// retires it, or told by the door that nobody is there: between the two it would wait for ever.
#[test]
fn nobody_joins_a_line_that_is_retired() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let open = Arc::new(AtomicBool::new(true));
        let (other, is_open) = (Arc::clone(&mailbox), Arc::clone(&open));
        let thread = thread::spawn(move || {
            let door = || match is_open.load(Ordering::Relaxed) {
                true => Door::Join,
                false => Door::GoAhead,
            };
            block_on(other.ask(1, door, |_| ()))
        });
        let retired = mailbox.retire(|| open.store(false, Ordering::Relaxed));
        if !retired {
            serve(&mailbox, 1);
        }
        assert_eq!(thread.join().unwrap(), (!retired).then_some(10));
    });
}

/// Two callers of an actor, whose task ends as soon as it is idle. Each must be answered: by the
/// task that is there, or by one that it starts. A request between two tasks would wait for ever,
/// and two tasks at once would lose an update.
#[test]
fn two_callers_of_an_actor_are_both_served() {
    explore(|| all_are_applied::<Actor<OfMemory<Desk>>>(2));
}

/// The task of a desk is dropped in the middle of a command, as by a runtime that shuts down. Its
/// caller is told that nobody knows, whether it came before or after; left alone it would wait for
/// ever.
#[test]
fn a_task_that_is_dropped_leaves_nobody_waiting() {
    explore(|| {
        let desk = Arc::new(Desk::default());
        let served = Arc::clone(&desk);
        let staff = move || {
            let desk = Arc::clone(&served);
            thread::spawn(move || {
                let store = OfTables::<()>::open(&setup());
                assert!(poll(desk.serve(&store, &Policy::default()), 1).is_none());
            });
        };
        let answer = block_on(desk.execute(charge(1), staff));
        assert_eq!(answer, Err(Failure::Unknown(Fault::Abandoned)));
    });
}

/// Mistakes that are made on purpose, which a model must find.
mod wrong {
    use std::task::{Poll, Waker};

    use super::*;
    use crate::sync::explored::find_wrong;

    /// A caller that looks for its reply, lets the lock go, and then leaves its waker: a reply that
    /// comes in between wakes nobody.
    #[test]
    fn a_waker_that_is_left_too_late() {
        find_wrong("strategy::models::wrong::a_waker_that_is_left_too_late", || {
            let slip = Arc::new(Mutex::new((None::<u64>, None::<Waker>)));
            let other = Arc::clone(&slip);
            let thread = thread::spawn(move || {
                let mut slip = other.lock();
                slip.0 = Some(10);
                let waker = slip.1.take();
                drop(slip);
                waker.into_iter().for_each(Waker::wake);
            });
            let reply = block_on(std::future::poll_fn(|cx| {
                let reply = slip.lock().0.take();
                match reply {
                    Some(reply) => Poll::Ready(reply),
                    None => {
                        slip.lock().1 = Some(cx.waker().clone());
                        Poll::Pending
                    }
                }
            }));
            assert_eq!(reply, 10);
            thread.join().unwrap();
        });
    }

    /// A turn that is taken with the order of the code, and given back with `giving`.
    fn a_turn_given_back_with(giving: Ordering) {
        let shared = Arc::new((AtomicBool::new(false), AtomicU64::new(0)));
        let step = move |(turn, balance): &(AtomicBool, AtomicU64)| {
            while turn.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err()
            {
                thread::yield_now();
            }
            balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            turn.store(false, giving);
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || step(&other));
        step(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Ordering::Relaxed), 2);
    }

    /// A turn that does not publish what was written in it.
    #[test]
    fn a_turn_that_is_given_back_relaxed() {
        find_wrong("strategy::models::wrong::a_turn_that_is_given_back_relaxed", || {
            a_turn_given_back_with(Ordering::Relaxed);
        });
    }

    /// The same turn as it should be, to show that the ordering alone is what is found.
    #[test]
    fn a_turn_that_is_given_back_with_release_is_right() {
        explore(|| a_turn_given_back_with(Ordering::Release));
    }

    /// A holder that looks at the line, finds it empty, and only then frees the turn: who joins in
    /// between stands there for ever. This is the queue that, once drained, never starts again.
    #[test]
    fn a_turn_that_is_freed_after_the_line_was_looked_at() {
        find_wrong(
            "strategy::models::wrong::a_turn_that_is_freed_after_the_line_was_looked_at",
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
                    let (held, line) = &*shared;
                    if joined || !held.load(Ordering::Acquire) {
                        return Poll::Ready(());
                    }
                    joined = true;
                    line.lock().push(cx.waker().clone());
                    Poll::Pending
                }));
                thread.join().unwrap();
            },
        );
    }
}
