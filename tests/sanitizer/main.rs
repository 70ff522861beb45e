//! What is run under ThreadSanitizer beside the contract suite: every strategy at full speed on real
//! threads, and a race on purpose, which must be reported.
//!
//! `cargo sanitize` builds it so. In any other build the race is not even made, since nobody would
//! see it, and the test says so.

#![allow(unsafe_code, reason = "a race takes a cell that two threads write to")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::{
    cell::UnsafeCell,
    env,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use hotrow::{
    domain::{Amount, Policy, UserId},
    registry::{self, Entry},
    service::Points,
    store::{Page, Setup},
};
use tokio::runtime::Builder;

/// More than the cores of a small machine, so that some are always preempted in mid-step.
const CALLERS: usize = 4;

/// Commands of each caller on each strategy.
const COMMANDS: usize = if cfg!(hotrow_sanitizer) { 2_000 } else { 200 };

/// Every strategy, the references among them, under commands and reads on one hot row. What is
/// counted is no more than shows that something ran: the contract suite is who judges.
#[test]
fn threads_at_full_speed_race_for_nothing() {
    let runtime =
        Builder::new_multi_thread().worker_threads(CALLERS).enable_time().build().unwrap();
    for entry in registry::entries() {
        runtime.block_on(async {
            let points = (entry.open)(&Setup::default(), Policy::default());
            let callers = [(); CALLERS].map(|()| tokio::spawn(call(Arc::clone(&points))));
            let mut accepted = 0;
            for caller in callers {
                accepted += caller.await.unwrap();
            }
            assert!(0 < accepted, "{} on {} accepts nothing", entry.strategy, entry.store);
            let entries = points.history(user(), Page::ALL).await.unwrap().len();
            assert!(!keeps_books(entry) || entries == accepted, "{}", entry.strategy);
        });
    }
}

/// Charges, spends, and reads in between; the number of commands that were accepted.
async fn call(points: Arc<dyn Points>) -> usize {
    let amount = Amount::new(1_000).unwrap();
    let mut accepted = 0;
    for command in 0..COMMANDS {
        let outcome = match command % 2 {
            0 => points.charge(user(), amount).await,
            _ => points.use_points(user(), amount).await,
        };
        accepted += usize::from(outcome.is_ok());
        if command % 8 == 0 {
            points.balance(user()).await.unwrap();
        }
        if command % 256 == 0 {
            points.history(user(), Page { after: 0, limit: 64 }).await.unwrap();
        }
    }
    accepted
}

fn keeps_books(entry: &Entry) -> bool {
    entry.promises.sound && !entry.is_reference()
}

fn user() -> UserId {
    UserId::new(1).unwrap()
}

/// A turn that is given back with `giving`, and the balance that it guards.
struct Turn {
    held: AtomicBool,
    balance: UnsafeCell<u64>,
    giving: Ordering,
}

// SAFETY: the balance is reached only by who holds the turn. That this is not enough if it is given
// back `Relaxed` is what is to be seen.
unsafe impl Sync for Turn {}

impl Turn {
    fn step(&self) {
        while self.held.swap(true, Ordering::Acquire) {
            thread::yield_now();
        }
        // SAFETY: the turn is held, so that nobody else is between these two lines.
        unsafe { *self.balance.get() += 1 };
        self.held.store(false, self.giving);
    }
}

/// The environment's word for the child that is to race, and how it gives its turn back.
const GIVING: &str = "HOTROW_RACE";

/// What the sanitizer ends a program with that raced.
const RACED: i32 = 66;

/// A turn that is given back without a release must be reported, and the same turn given back with
/// one must not: a sanitizer that is not on, or whose suppressions swallow all, sees nothing.
#[test]
fn threads_that_race_on_purpose_are_reported() {
    match env::var(GIVING).as_deref() {
        Ok("relaxed") => return race(Ordering::Relaxed),
        Ok(_) => return race(Ordering::Release),
        Err(_) => {}
    }
    if !cfg!(hotrow_sanitizer) {
        eprintln!("no race is made: this build has no sanitizer (`cargo sanitize` has)");
        return;
    }
    let raced = child("relaxed");
    let report = String::from_utf8_lossy(&raced.stderr);
    assert_eq!(raced.status.code(), Some(RACED), "{report}");
    assert!(report.contains("WARNING: ThreadSanitizer: data race"), "{report}");
    assert!(report.contains("step"), "the report names the function that races: {report}");

    let right = child("release");
    let report = String::from_utf8_lossy(&right.stderr);
    assert!(right.status.success(), "{report}");
    assert!(!report.contains("ThreadSanitizer"), "{report}");
}

fn child(giving: &str) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["threads_that_race_on_purpose_are_reported", "--exact", "--nocapture"]);
    command.env(GIVING, giving).output().unwrap()
}

fn race(giving: Ordering) {
    let turn = Arc::new(Turn { held: AtomicBool::new(false), balance: UnsafeCell::new(0), giving });
    let threads = [(); 2].map(|()| {
        let turn = Arc::clone(&turn);
        thread::spawn(move || (0..10_000).for_each(|_| turn.step()))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
