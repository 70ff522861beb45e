//! What a strategy does for one caller, asked directly: the service hides which of the two ways in it
//! takes, and a plain call that is lost costs time and nothing else.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use futures_util::{FutureExt, future::BoxFuture};

use super::*;
use crate::{
    domain::{Action, Amount, OperationId},
    store::{Adversary, Point, Script, Setup, Slab, Tables},
    sync::{
        self, Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn charge(points: u64) -> Command {
    command(Action::Charge(Amount::new(points).unwrap()))
}

fn command(action: Action) -> Command {
    Command { id: OperationId(1), user: user(1), action }
}

fn open<T: ConcurrencyStrategy>() -> T {
    T::new(T::Store::open(&Setup::default()), Policy::default())
}

/// Charges 70 points through the plain call and 30 through the future, and reads the balance both
/// ways.
fn answers_in_plain_calls<T: ConcurrencyStrategy>() {
    let strategy = open::<T>();
    let nothing = strategy.read_at_once(user(1));
    assert_eq!(nothing, Some(Account::default()), "{} before the first command", T::NAME);
    let first = strategy.execute_at_once(charge(70)).expect("it needs no wait").unwrap();
    assert_eq!((first.before.balance, first.after.balance), (0, 70), "{}", T::NAME);
    let second = strategy.execute(charge(30)).now_or_never().expect("it needs no wait").unwrap();
    assert_eq!((second.before.balance, second.after.balance), (70, 100), "{}", T::NAME);
    let plain = strategy.read_at_once(user(1)).expect("it needs no wait");
    let account = strategy.read(user(1)).now_or_never().expect("it needs no wait").unwrap();
    assert_eq!((plain.balance, account), (100, plain), "{}", T::NAME);
}

/// A command that meets no other must not pay for a future. Seen by a plain call that gives `None`.
#[test]
fn a_command_that_need_not_wait_is_answered_by_a_plain_call() {
    answers_in_plain_calls::<Queue<Slab<Turn>>>();
    answers_in_plain_calls::<Mutex<Slab<sync::Mutex<()>>>>();
    answers_in_plain_calls::<AsyncMutex<Slab<sync::asynchronous::Mutex<()>>>>();
    answers_in_plain_calls::<RwLock<Slab<sync::RwLock<()>>>>();
    answers_in_plain_calls::<AsyncRwLock<Slab<sync::asynchronous::RwLock<()>>>>();
    answers_in_plain_calls::<Cas<Slab<()>>>();
    answers_in_plain_calls::<Unguarded<Slab<()>>>();
    answers_in_plain_calls::<FetchAdd<Slab<sync::atomic::AtomicU64>>>();
}

/// A store that suspends must be asked by a future: polled once in a plain call and dropped, its
/// commit could be cut in two. Seen by a plain call that does not give `None`.
fn asks_for_a_future<T: ConcurrencyStrategy>() {
    const { assert!(T::Store::SUSPENDS, "only a store that suspends is asked so") };
    let strategy = open::<T>();
    assert_eq!(strategy.execute_at_once(charge(70)), None, "{}", T::NAME);
    assert_eq!(strategy.read_at_once(user(1)), None, "{}", T::NAME);
}

/// See [`asks_for_a_future`].
#[test]
fn a_store_that_suspends_is_asked_by_a_future() {
    asks_for_a_future::<Queue<Tables<Turn>>>();
    asks_for_a_future::<AsyncMutex<Tables<sync::asynchronous::Mutex<()>>>>();
    asks_for_a_future::<AsyncRwLock<Tables<sync::asynchronous::RwLock<()>>>>();
    asks_for_a_future::<Actor<Tables<Desk>>>();
    asks_for_a_future::<ShardedActor<Tables<()>>>();
    asks_for_a_future::<Unguarded<Tables<()>>>();
    // Reads alone need no turn here.
    assert_eq!(open::<Cas<Adversary<Slab<()>>>>().execute_at_once(charge(70)), None);
}

/// A reader of an async reader-writer lock that is held must wait in line, and not be answered at once.
#[test]
fn a_lock_that_is_held_is_waited_for() {
    let strategy = open::<AsyncRwLock<Slab<sync::asynchronous::RwLock<()>>>>();
    let row = strategy.store().row(user(1));
    let held = row.try_write().expect("no other holds it");
    assert_eq!(strategy.execute_at_once(charge(70)), None);
    assert_eq!(strategy.read_at_once(user(1)), None);
    assert_eq!(strategy.read(user(1)).now_or_never(), None);
    drop(held);
    assert_eq!(strategy.read_at_once(user(1)), Some(Account::default()));
}

/// The counter is what a shared word costs: it must add and take away, also below zero.
#[test]
fn a_counter_adds_and_takes_away() {
    let strategy = open::<FetchAdd<Slab<sync::atomic::AtomicU64>>>();
    strategy.execute_at_once(charge(5)).expect("a counter never waits").unwrap();
    let spent = command(Action::Use(Amount::new(7).unwrap()));
    let receipt = strategy.execute_at_once(spent).expect("a counter never waits").unwrap();
    assert_eq!((receipt.before.balance, receipt.after.balance), (5, 5_u64.wrapping_sub(7)));
    assert_eq!(receipt.command, spent);
}

/// The baseline answers with the command that it was asked, whichever way it is asked.
#[test]
fn the_baseline_answers_both_ways() {
    let strategy = open::<Null<Slab<()>>>();
    let plain = strategy.execute_at_once(charge(70));
    assert_eq!(plain.expect("nothing is waited for").unwrap().command, charge(70));
    assert_eq!(strategy.execute(charge(70)).now_or_never(), plain);
    assert_eq!(strategy.read_at_once(user(1)), Some(Account::default()));
    assert_eq!(strategy.read(user(1)).now_or_never(), Some(Ok(Account::default())));
}

/// A count of lost races where none can be lost would be printed as a measurement.
#[test]
fn only_a_strategy_that_races_counts_its_losses() {
    assert_eq!(open::<Queue<Slab<Turn>>>().retries(), None);
    assert_eq!(open::<Cas<Slab<()>>>().retries(), Some(0));
}

/// Polls `future` to its end, with no other task beside it.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut cx) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return result;
        }
    }
}

/// A command that has loaded the account loses against one that commits meanwhile: it must decide
/// again, on what is there now, and be counted once.
#[test]
fn a_lost_race_is_decided_again_and_counted() {
    let strategy = open::<Cas<Adversary<Slab<()>>>>();
    let mut loser = pin!(strategy.execute(charge(70)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(loser.as_mut().poll(&mut cx).is_pending(), "it steps aside once it has loaded");
    finish(strategy.execute(charge(30))).unwrap();
    assert_eq!(strategy.retries(), Some(0));
    assert_eq!(finish(loser).unwrap().after.balance, 100);
    assert_eq!(strategy.retries(), Some(1));
}

type CasBehindIntruder = Cas<Adversary<Slab<()>, false>>;

/// Commits between the load and the commit of others, so many times.
#[derive(Default)]
struct Intruder {
    strategy: OnceLock<Arc<CasBehindIntruder>>,
    left: AtomicU64,
    intrudes: AtomicBool,
}

impl Script for Intruder {
    fn pass(&self, _point: Point, _user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        unreachable!("a store that does not suspend is passed in plain calls")
    }

    fn pass_now(&self, point: Point, _user: UserId) -> Result<(), Fault> {
        let is_due = point == Point::Loaded && 0 < self.left.load(Ordering::Relaxed);
        if is_due && !self.intrudes.swap(true, Ordering::Relaxed) {
            self.left.fetch_sub(1, Ordering::Relaxed);
            let strategy = self.strategy.get().expect("it is set before the first command");
            strategy.execute_at_once(charge(1)).expect("it needs no wait").unwrap();
            self.intrudes.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// As above in a plain call, which loses more often than its pauses double.
#[test]
fn a_plain_call_that_loses_again_and_again_is_applied_once() {
    const LOSSES: u64 = 6;
    let intruder = Arc::new(Intruder::default());
    let store = Adversary::over(Slab::open(&Setup::default()), Arc::clone(&intruder) as _);
    let strategy = Arc::new(CasBehindIntruder::new(store, Policy::default()));
    assert!(intruder.strategy.set(Arc::clone(&strategy)).is_ok());
    intruder.left.store(LOSSES, Ordering::Relaxed);
    let receipt = strategy.execute_at_once(charge(100)).expect("it needs no wait").unwrap();
    assert_eq!(receipt.after, Account { balance: 100 + LOSSES, version: 1 + LOSSES });
    assert_eq!(strategy.retries(), Some(LOSSES));
}

/// The names are what is typed and what rows are grouped by.
#[test]
fn families_have_names_of_their_own() {
    use Family::{Actor, Atomic, Control, Mutex, Queue, Reference, RwLock};
    let names = [Queue, Mutex, RwLock, Atomic, Actor, Control, Reference].map(|f| f.to_string());
    assert_eq!(names, ["queue", "mutex", "rwlock", "atomic", "actor", "control", "reference"]);
    assert_eq!(format!("{Queue:>7}"), "  queue");
}
