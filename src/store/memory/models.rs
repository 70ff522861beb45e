//! Models of the account cell: the word, and the line that it publishes.

use super::Memory;
use crate::{
    domain::{Account, Policy, UserId},
    store::{
        BatchStore, Page, Store, SyncStore,
        models::{
            assert_chain, charge, charge_until_committed, check_commits_are_seen_in_order, commit,
            commit_if_unchanged, config, loaded, poll_ok, receipt, user,
        },
    },
    sync::{Arc, explored::explore, thread},
};

/// Two callers load the same account and both try to commit. If the comparison and the write were
/// two steps, or if a loser's line were written, one charge would be missing from the balance or
/// the ledger.
#[test]
fn two_winners_of_a_cell_lose_no_commit() {
    explore(|| {
        let store = Arc::new(Memory::<()>::new(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_committed(&*other, 2));
        charge_until_committed(&*store, 1);
        thread.join().unwrap();

        assert_eq!(store.load_sync(&store.entry(user())).balance, 2_000);
        let entries = poll_ok(store.history(user(), Page::ALL));
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// A history is read while the winner of a compare-and-set has not yet written its line. The reader
/// must wait for the line and then see all of it. A mark that came before its words would show
/// zeroes.
#[test]
fn a_history_waits_for_the_line_of_a_winner() {
    explore(|| {
        let store = Arc::new(Memory::<()>::new(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_committed(&*other, 7));
        let balance = store.load_sync(&store.entry(user())).balance;
        let entries = poll_ok(store.history(user(), Page::ALL));
        assert!(balance <= 1_000 * entries.len() as u64, "the history is older than the read");
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// See [`check_commits_are_seen_in_order`]: plain commits.
#[test]
fn commits_are_seen_in_order() {
    explore(|| check_commits_are_seen_in_order::<Memory<()>>(commit, loaded));
}

/// See [`check_commits_are_seen_in_order`]: commits by compare-and-set.
#[test]
fn conditional_commits_are_seen_in_order() {
    explore(|| check_commits_are_seen_in_order::<Memory<()>>(commit_if_unchanged, loaded));
}

/// A lock holder commits while another thread reads without a lock. A reader that sees the new word
/// must find the line without waiting. A word that was published before its line, or too weakly,
/// would show an empty line.
#[test]
fn a_line_is_published_before_its_word() {
    explore(|| {
        let store = Arc::new(Memory::<()>::new(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || {
            let entry = other.entry(user());
            let receipt = charge(7).decide(Account::default(), &Policy::default());
            other.commit_sync(&entry, &receipt.expect("the account has room"));
        });
        let last = store.load_sync(&store.entry(user())).version;
        let entries = poll_ok(store.history(user(), Page { after: 0, limit: 1 }));
        assert!(last <= entries.len() as u64);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// A lock holder commits a batch while another thread reads without a lock. A reader sees all of the
/// batch or nothing of it, and finds every line that the new word promises.
#[test]
fn a_batch_is_seen_as_a_whole() {
    explore(|| {
        let store = Arc::new(Memory::<()>::new(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || {
            let entry = other.entry(user());
            poll_ok(other.commit_all(&entry, &[receipt(1), receipt(2)]));
        });
        let version = store.load_sync(&store.entry(user())).version;
        assert!(version == 0 || version == 2, "a reader sees version {version} of two");
        let entries = poll_ok(store.history(user(), Page::ALL));
        assert!(version <= entries.len() as u64);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// See [`check_commits_are_seen_in_order`]: batches.
#[test]
fn batches_are_seen_in_order() {
    fn commit_batch(store: &Memory<()>, user: UserId) {
        poll_ok(store.commit_all(&store.entry(user), &[receipt(1)]));
    }
    explore(|| check_commits_are_seen_in_order::<Memory<()>>(commit_batch, loaded));
}
