//! Strategies under a single caller, called directly. The service hides whether a plain call or a
//! future executes a command, and a plain call that returns `None` costs only time.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use futures_util::{FutureExt, future::BoxFuture};

use super::*;
use crate::{
    domain::{Action, Amount, OperationId, StoreError},
    store::{FailPoint, FaultInjecting, FaultScript, Memory, Simulated, StoreConfig},
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
    let store = T::Store::open_sync(&(&StoreConfig::default()).into());
    T::new(store.unwrap(), Policy::default())
}

/// Charges 70 points by a plain call and 30 by a future, and reads the balance both ways.
fn check_plain_calls<T: ConcurrencyStrategy>() {
    let strategy = open::<T>();
    let initial = strategy.read_sync(user(1));
    assert_eq!(initial, Some(Account::default()), "{} before the first command", T::NAME);
    let first = strategy
        .execute_sync(charge(70))
        .expect("an uncontended command returns from the plain call")
        .unwrap()
        .receipt;
    assert_eq!((first.before.balance, first.after.balance), (0, 70), "{}", T::NAME);
    let second = strategy
        .execute(charge(30))
        .now_or_never()
        .expect("an uncontended command returns from the plain call")
        .unwrap()
        .receipt;
    assert_eq!((second.before.balance, second.after.balance), (70, 100), "{}", T::NAME);
    let plain =
        strategy.read_sync(user(1)).expect("an uncontended command returns from the plain call");
    let account =
        strategy.read(user(1)).now_or_never().expect("an uncontended read is ready").unwrap();
    assert_eq!((plain.balance, account), (100, plain), "{}", T::NAME);
}

/// An uncontended command must not pay for a future. The test fails if a plain call returns `None`.
#[test]
fn an_uncontended_command_is_executed_by_a_plain_call() {
    check_plain_calls::<Queue<Memory<CombiningLock>>>();
    check_plain_calls::<Mutex<Memory<sync::Mutex<()>>>>();
    check_plain_calls::<AsyncMutex<Memory<sync::asynchronous::Mutex<()>>>>();
    check_plain_calls::<RwLock<Memory<sync::RwLock<()>>>>();
    check_plain_calls::<AsyncRwLock<Memory<sync::asynchronous::RwLock<()>>>>();
    check_plain_calls::<Cas<Memory<()>>>();
    check_plain_calls::<Unsynchronized<Memory<()>>>();
    check_plain_calls::<FetchAdd<Memory<sync::atomic::AtomicU64>>>();
}

/// A command on an asynchronous store needs a future. If a plain call polled it once and dropped
/// it, its commit could be cut in two. The test fails if a plain call does not return `None`.
fn check_needs_a_future<T: ConcurrencyStrategy>() {
    const { assert!(T::Store::IS_ASYNC, "this check is for asynchronous stores") };
    let strategy = open::<T>();
    assert_eq!(strategy.execute_sync(charge(70)), None, "{}", T::NAME);
    assert_eq!(strategy.read_sync(user(1)), None, "{}", T::NAME);
}

/// See [`check_needs_a_future`].
#[test]
fn a_command_on_an_asynchronous_store_needs_a_future() {
    check_needs_a_future::<Queue<Simulated<CombiningLock>>>();
    check_needs_a_future::<AsyncMutex<Simulated<sync::asynchronous::Mutex<()>>>>();
    check_needs_a_future::<AsyncRwLock<Simulated<sync::asynchronous::RwLock<()>>>>();
    check_needs_a_future::<Actor<Simulated<ActorCell>>>();
    check_needs_a_future::<ShardedActor<Simulated<()>>>();
    check_needs_a_future::<Unsynchronized<Simulated<()>>>();
    // This store loads an account consistently without a lock, so only the command needs a future.
    assert_eq!(open::<Cas<FaultInjecting<Memory<()>>>>().execute_sync(charge(70)), None);
}

/// A reader of an asynchronous reader-writer lock that is held must wait for the lock.
#[test]
fn a_reader_waits_for_a_held_lock() {
    let strategy = open::<AsyncRwLock<Memory<sync::asynchronous::RwLock<()>>>>();
    let entry = strategy.store().entry(user(1));
    let guard = entry.try_write().expect("no other caller holds the lock");
    assert_eq!(strategy.execute_sync(charge(70)), None);
    assert_eq!(strategy.read_sync(user(1)), None);
    assert_eq!(strategy.read(user(1)).now_or_never(), None);
    drop(guard);
    assert_eq!(strategy.read_sync(user(1)), Some(Account::default()));
}

/// The reference counter must add and subtract, also below zero.
#[test]
fn the_reference_counter_adds_and_subtracts() {
    let strategy = open::<FetchAdd<Memory<sync::atomic::AtomicU64>>>();
    strategy.execute_sync(charge(5)).expect("an addition never waits").unwrap();
    let spend = command(Action::Use(Amount::new(7).unwrap()));
    let receipt = strategy.execute_sync(spend).expect("an addition never waits").unwrap().receipt;
    assert_eq!((receipt.before.balance, receipt.after.balance), (5, 5_u64.wrapping_sub(7)));
    assert_eq!(receipt.command, spend);
}

/// The no-op must answer with the command that it received, from the plain call and from the
/// future.
#[test]
fn the_noop_answers_plain_calls_and_futures() {
    let strategy = open::<Noop<Memory<()>>>();
    let plain = strategy.execute_sync(charge(70));
    assert_eq!(strategy.execute(charge(70)).now_or_never(), plain);
    assert_eq!(plain.expect("a no-op never waits").unwrap().receipt.command, charge(70));
    assert_eq!(strategy.read_sync(user(1)), Some(Account::default()));
    assert_eq!(strategy.read(user(1)).now_or_never(), Some(Ok(Account::default())));
}

/// A retry count from a strategy that cannot fail a commit would be reported as a measurement.
#[test]
fn only_an_optimistic_strategy_counts_retries() {
    assert_eq!(open::<Queue<Memory<CombiningLock>>>().retries(), None);
    assert_eq!(open::<Cas<Memory<()>>>().retries(), Some(0));
}

/// Polls `future` to its end, with no other task.
fn poll_to_completion<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut cx) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return result;
        }
    }
}

/// A command that has loaded the account and then fails its commit must decide again on the new
/// account, and the failure must be counted once.
#[test]
fn a_failed_commit_is_retried_and_counted() {
    let strategy = open::<Cas<FaultInjecting<Memory<()>>>>();
    let mut retried = pin!(strategy.execute(charge(70)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(retried.as_mut().poll(&mut cx).is_pending(), "it yields once it has loaded");
    poll_to_completion(strategy.execute(charge(30))).unwrap();
    assert_eq!(strategy.retries(), Some(0));
    assert_eq!(poll_to_completion(retried).unwrap().receipt.after.balance, 100);
    assert_eq!(strategy.retries(), Some(1));
}

type CasWithInterference = Cas<FaultInjecting<Memory<()>, false>>;

/// Commits between the load and the commit of other commands, `left` times.
#[derive(Default)]
struct Interferer {
    strategy: OnceLock<Arc<CasWithInterference>>,
    left: AtomicU64,
    is_interfering: AtomicBool,
}

impl FaultScript for Interferer {
    fn pass(&self, _point: FailPoint, _user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        unreachable!("a synchronous store makes plain calls")
    }

    fn pass_sync(&self, point: FailPoint, _user: UserId) -> Result<(), StoreError> {
        let is_due = point == FailPoint::Loaded && 0 < self.left.load(Ordering::Relaxed);
        if is_due && !self.is_interfering.swap(true, Ordering::Relaxed) {
            self.left.fetch_sub(1, Ordering::Relaxed);
            let strategy = self.strategy.get().expect("the test sets it before the first command");
            strategy.execute_sync(charge(1)).expect("a nested command is not interrupted").unwrap();
            self.is_interfering.store(false, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// As above, in a plain call. The commits fail more often than the back-off doubles.
#[test]
fn a_plain_call_that_fails_many_commits_is_applied_once() {
    const FAILURES: u64 = 6;
    let interferer = Arc::new(Interferer::default());
    let store = Memory::new(&StoreConfig::default());
    let store = FaultInjecting::over(store, Arc::clone(&interferer) as _);
    let strategy = Arc::new(CasWithInterference::new(store, Policy::default()));
    assert!(interferer.strategy.set(Arc::clone(&strategy)).is_ok());
    interferer.left.store(FAILURES, Ordering::Relaxed);
    let written = strategy
        .execute_sync(charge(100))
        .expect("an uncontended command returns from the plain call")
        .unwrap();
    assert_eq!(written.receipt.after, Account { balance: 100 + FAILURES, version: 1 + FAILURES });
    assert_eq!(strategy.retries(), Some(FAILURES));
}

/// The names are typed on the command line and rows are grouped by them, so this test pins them.
#[test]
fn every_family_has_a_distinct_name() {
    use Family::{
        Actor, Atomic, InStore, Mutex, NegativeControl, Queue, Reference, RwLock, Transaction,
    };
    let names =
        [Queue, Mutex, RwLock, Atomic, Actor, Transaction, InStore, NegativeControl, Reference]
            .map(|f| f.to_string());
    let expected = [
        "queue",
        "mutex",
        "rwlock",
        "atomic",
        "actor",
        "transaction",
        "in-store",
        "negative-control",
        "reference",
    ];
    assert_eq!(names, expected);
    assert_eq!(format!("{Queue:>7}"), "  queue");
}
