//! Models of the version column: claims, and loads that fill in the word.

use super::{VersionStamped, Versioned};
use crate::{
    domain::{Account, Policy},
    store::{
        ConditionalStore, Memory, Store,
        models::{
            Bare, charge, charge_until_committed, check_commits_are_seen_in_order, commit,
            commit_if_unchanged, config, loaded, open, poll, poll_ok, read_without_lock, receipt,
            user,
        },
    },
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        explored::{assert_model_fails, explore},
        thread,
    },
};

type VersionedBare = Versioned<Bare<VersionStamped<()>, true>>;

type VersionedMemory = Versioned<Memory<VersionStamped<()>>>;

/// See [`check_commits_are_seen_in_order`]: plain commits to a version column, and a reader without
/// a lock.
#[test]
fn versioned_commits_are_seen_in_order() {
    explore(|| check_commits_are_seen_in_order::<VersionedMemory>(commit, read_without_lock));
}

/// See [`check_commits_are_seen_in_order`]: conditional commits to a version column, and a reader
/// that loads.
#[test]
fn versioned_conditional_commits_are_seen_in_order() {
    explore(|| check_commits_are_seen_in_order::<VersionedMemory>(commit_if_unchanged, loaded));
}

/// Two callers load and commit on a store that suspends in the middle of both. The inner store has
/// no ordering of its own. If an account were published before it is written to the inner store, or
/// too weakly, the next commit could start from an old account.
#[test]
fn two_claims_of_a_version_lose_no_commit() {
    explore(|| {
        let store = Arc::new(open::<VersionedBare>(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_committed(&*other, 2));
        charge_until_committed(&*store, 1);
        thread.join().unwrap();
        assert_eq!(poll_ok(store.load(&store.entry(user()))).balance, 2_000);
    });
}

/// A slow load meets one commit that succeeds, and one that is aborted after it was written to the
/// inner store. The word is then unknown, as it was when the load began. If the load filled in its
/// result, both commits would be lost.
#[test]
fn a_load_from_before_an_aborted_commit_fills_in_nothing() {
    explore(|| {
        let store = Arc::new(open::<VersionedBare>(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || {
            let first = charge_until_committed(&*other, 2);
            let second =
                charge(3).decide(first.after, &Policy::default()).expect("the account has room");
            let entry = other.entry(user());
            poll(other.commit_if_unchanged(&entry, &second), 1);
        });
        charge_until_committed(&*store, 1);
        thread.join().unwrap();
        let account = poll_ok(store.load(&store.entry(user())));
        assert_eq!(account.balance, account.version * 1_000);
        assert!((2..=3).contains(&account.version));
    });
}

/// A plain commit is aborted after it was written to the inner store. The word still holds the
/// account from before. If it stayed, the next command would start from it and lose the commit.
#[test]
fn an_aborted_plain_commit_is_loaded_again() {
    explore(|| {
        let store = open::<VersionedBare>(&config());
        let entry = store.entry(user());
        assert_eq!(poll_ok(store.load(&entry)), Account::default());
        assert!(poll(store.commit(&entry, &receipt(1)), 1).is_none());
        assert_eq!(poll_ok(store.load(&entry)), receipt(1).after);
    });
}

/// A seeded bug, which the model must detect.
mod wrong {
    use super::*;

    const KNOWN: u64 = 1 << 63;
    const CLAIMED: u64 = 1 << 62;

    fn swap(word: &AtomicU64, from: u64, to: u64) -> bool {
        word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// A word of [`Versioned`] that does not count its aborted commits. The word after an abort
    /// equals the unknown word that an earlier load saw (the ABA problem).
    #[test]
    fn an_aborted_commit_that_is_not_counted() {
        assert_model_fails(
            "store::versioned::models::wrong::an_aborted_commit_that_is_not_counted",
            || {
                // The word, and the value in the inner store.
                let shared = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
                let load = |(word, below): &(AtomicU64, AtomicU64)| {
                    let seen = word.load(Ordering::Acquire);
                    let filled = KNOWN | below.load(Ordering::Relaxed);
                    if seen & KNOWN == 0 {
                        let _ = swap(word, seen, filled);
                    }
                };
                let other = Arc::clone(&shared);
                let thread = thread::spawn(move || {
                    load(&other);
                    let (word, below) = &*other;
                    if swap(word, KNOWN, KNOWN | CLAIMED) {
                        below.store(1, Ordering::Relaxed);
                        // The commit is aborted here.
                        word.store(0, Ordering::Release);
                    }
                });
                load(&shared);
                let (word, below) = &*shared;
                thread.join().unwrap();
                let known = word.load(Ordering::Acquire);
                let stale = known & KNOWN != 0 && known & 1 != below.load(Ordering::Relaxed);
                assert!(!stale, "the word holds an account that the store does not");
            },
        );
    }
}
