//! Tests for ThreadSanitizer, in addition to the contract suite: every strategy at full speed on
//! real threads, and an intended data race that the sanitizer must report.
//!
//! `cargo sanitize` builds them with the sanitizer. No other build could detect the race, so the
//! test skips it there and prints a note.

#![allow(unsafe_code, reason = "a data race needs a cell that two threads write")]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

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
    service::DynPointService,
    store::{Page, StoreConfig},
};
use hotrow_registry::Entry;
use tokio::runtime::Builder;

/// Clients and worker threads: more than the cores of a small machine, so that the system always
/// preempts some of them in the middle of a step.
const CLIENTS: usize = 4;

/// Commands of each client on each strategy.
const COMMANDS: usize = if cfg!(hotrow_sanitizer) { 2_000 } else { 200 };

/// Runs every strategy, also the references, under commands and reads on one hot row. The
/// assertions show only that commands ran: the contract suite checks their results.
#[test]
fn threads_at_full_speed_have_no_data_race() {
    let runtime =
        Builder::new_multi_thread().worker_threads(CLIENTS).enable_time().build().unwrap();
    for entry in hotrow_registry::entries() {
        runtime.block_on(async {
            let points = entry.open_sync(&StoreConfig::default(), Policy::default());
            let clients = [(); CLIENTS].map(|()| tokio::spawn(run_client(Arc::clone(&points))));
            let mut accepted = 0;
            for client in clients {
                accepted += client.await.unwrap();
            }
            assert!(0 < accepted, "{} on {} accepts no command", entry.strategy, entry.store);
            let entries = points.history(user(), Page::ALL).await.unwrap().len();
            assert!(!has_complete_ledger(entry) || entries == accepted, "{}", entry.strategy);
        });
    }
}

/// Sends charges and uses, with reads in between. Returns the number of accepted commands.
async fn run_client(points: Arc<dyn DynPointService>) -> usize {
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

fn has_complete_ledger(entry: &Entry) -> bool {
    entry.guarantees.linearizable && !entry.is_reference()
}

fn user() -> UserId {
    UserId::new(1).unwrap()
}

/// A spin lock that is released with `unlock_ordering`, and the balance that it protects.
struct SpinLock {
    held: AtomicBool,
    balance: UnsafeCell<u64>,
    unlock_ordering: Ordering,
}

// SAFETY: only the lock holder accesses the balance. With `Relaxed` this is not sound, which is the
// data race that the test intends.
unsafe impl Sync for SpinLock {}

impl SpinLock {
    fn step(&self) {
        while self.held.swap(true, Ordering::Acquire) {
            thread::yield_now();
        }
        // SAFETY: this thread holds the lock, so no other thread is between `swap` and `store`.
        unsafe { *self.balance.get() += 1 };
        self.held.store(false, self.unlock_ordering);
    }
}

/// The variable that makes a child process run the lock. Its value is the ordering of the unlock.
const RACE_VARIABLE: &str = "HOTROW_RACE";

/// The exit code that the sanitizer gives to a program with a data race.
const EXIT_CODE_RACE: i32 = 66;

/// The sanitizer must report an unlock without release ordering, and must not report the same
/// unlock with it. A sanitizer that is off, or whose suppressions hide everything, reports nothing.
#[test]
fn threads_that_race_on_purpose_are_reported() {
    match env::var(RACE_VARIABLE).as_deref() {
        Ok("relaxed") => return race(Ordering::Relaxed),
        Ok(_) => return race(Ordering::Release),
        Err(_) => {}
    }
    if !cfg!(hotrow_sanitizer) {
        eprintln!("skipped: this build has no sanitizer, run `cargo sanitize`");
        return;
    }
    let racing = child("relaxed");
    let report = String::from_utf8_lossy(&racing.stderr);
    assert_eq!(racing.status.code(), Some(EXIT_CODE_RACE), "{report}");
    assert!(report.contains("WARNING: ThreadSanitizer: data race"), "{report}");
    assert!(report.contains("step"), "the report must name the function with the race: {report}");

    let synchronized = child("release");
    let report = String::from_utf8_lossy(&synchronized.stderr);
    assert!(synchronized.status.success(), "{report}");
    assert!(!report.contains("ThreadSanitizer"), "{report}");
}

fn child(unlock_ordering: &str) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["threads_that_race_on_purpose_are_reported", "--exact", "--nocapture"]);
    command.env(RACE_VARIABLE, unlock_ordering).output().unwrap()
}

fn race(unlock_ordering: Ordering) {
    let lock = Arc::new(SpinLock {
        held: AtomicBool::new(false),
        balance: UnsafeCell::new(0),
        unlock_ordering,
    });
    let threads = [(); 2].map(|()| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || (0..10_000).for_each(|_| lock.step()))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
