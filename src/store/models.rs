//! Models of what the stores synchronize with: every order of their steps, and every value that a
//! weak ordering lets a load return.
//!
//! The documentation of each model says which accesses race, and how a bug would show.

use std::{
    future::poll_fn,
    mem,
    ops::Deref,
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{
    ConditionalStore, Memory, Page, Store, StoreConfig, SyncStore, VersionStamped, Versioned,
    arena::Arena, directory::Directory, ledger::LedgerTail, slot_table::SlotTable,
};
use crate::{
    clock::CoarseClock,
    domain::{
        Account, Action, Amount, Command, Fault, LedgerEntry, OperationId, Policy, Receipt, UserId,
    },
    scenario::Latency,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        explored::explore,
        thread,
    },
    timer::Timer,
};

/// The simplest store: one account in one word, which publishes nothing but itself, so that a
/// strategy has to bring all the ordering. It asserts that each commit follows from the one before,
/// so a lost update fails the model. It keeps no ledger.
///
/// With `IS_ASYNC`, it suspends once after each load and each commit.
pub(crate) struct Bare<L, const IS_ASYNC: bool = false>(BareCell<L>);

#[derive(Default)]
pub(crate) struct BareCell<L> {
    word: AtomicU64,
    state: L,
}

/// The entry of the only user.
pub(crate) struct BareEntry<'a, L>(&'a BareCell<L>);

impl<L> Deref for BareEntry<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0.state
    }
}

impl<L> BareCell<L> {
    fn account(&self) -> Account {
        let word = self.word.load(Ordering::Relaxed);
        Account { balance: word & u64::from(u32::MAX), version: word >> 32 }
    }
}

impl<L: Default + Send + Sync + 'static, const IS_ASYNC: bool> Store for Bare<L, IS_ASYNC> {
    const NAME: &'static str = "bare";
    const IS_ASYNC: bool = IS_ASYNC;
    type PerUserState = L;
    type Entry<'a> = BareEntry<'a, L>;

    fn open(_config: &StoreConfig) -> Bare<L, IS_ASYNC> {
        Bare(BareCell::default())
    }

    fn entry(&self, _user: UserId) -> BareEntry<'_, L> {
        BareEntry(&self.0)
    }

    fn get(&self, user: UserId) -> Option<BareEntry<'_, L>> {
        Some(self.entry(user))
    }

    fn load_without_lock(&self, _entry: &Self::Entry<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, Fault> {
        let account = entry.0.account();
        if IS_ASYNC {
            suspend().await;
        }
        Ok(account)
    }

    async fn commit(&self, entry: &Self::Entry<'_>, receipt: &Receipt) -> Result<(), Fault> {
        assert_eq!(entry.0.account(), receipt.before, "an update is lost");
        let Account { balance, version } = receipt.after;
        entry.0.word.store(version << 32 | balance, Ordering::Relaxed);
        if IS_ASYNC {
            suspend().await;
        }
        Ok(())
    }

    async fn history(&self, _user: UserId, _page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        Ok(Vec::new())
    }
}

async fn suspend() {
    let mut suspended = false;
    poll_fn(|cx| match mem::replace(&mut suspended, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// The options of a store in a model.
pub(crate) fn config() -> StoreConfig {
    StoreConfig {
        dense_users: 1,
        ledger_entries: 0,
        ledger: true,
        latency: Latency::None,
        seed: 1,
        tick: CoarseClock::default(),
        timer: Timer::default(),
    }
}

/// The only user of most models.
pub(crate) fn user() -> UserId {
    UserId::new(1).expect("1 is a valid user id")
}

/// Returns a command that charges 1,000 points.
pub(crate) fn charge(id: u64) -> Command {
    let amount = Amount::new(1_000).expect("1,000 points are a valid amount");
    Command { id: OperationId(id), user: user(), action: Action::Charge(amount) }
}

/// Polls `future` up to `times` times, and returns its result if it is ready.
pub(crate) fn poll<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// More polls than any call of a store takes here.
const POLLS_MAX: usize = 16;

fn poll_ok<T>(future: impl Future<Output = Result<T, Fault>>) -> T {
    let result = poll(future, POLLS_MAX).expect("a store in a model suspends only a few times");
    result.expect("a store in a model does not fail")
}

/// Loads and commits until a commit succeeds, as the compare-and-set strategy does.
fn charge_until_committed<S: ConditionalStore>(store: &S, id: u64) -> Receipt {
    let entry = store.entry(user());
    loop {
        let before = poll_ok(store.load(&entry));
        let receipt = charge(id).decide(before, &Policy::default()).expect("the account has room");
        if poll_ok(store.commit_if_unchanged(&entry, &receipt)) {
            return receipt;
        }
        thread::yield_now();
    }
}

/// Asserts that each of `entries` follows from the one before, starting from an unused account.
fn assert_chain(entries: &[LedgerEntry]) {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in entries {
        assert!(0 < receipt.command.id.0, "a line is read before it is written");
        assert_eq!(receipt.before, account);
        assert_eq!(receipt.after.balance, account.balance + 1_000);
        account = receipt.after;
    }
}

/// Two callers load the same account and both try to commit. If the comparison and the write were
/// two steps, or if a loser's line were written, one charge would be missing from the balance or
/// the ledger.
#[test]
fn two_winners_of_a_cell_lose_no_commit() {
    explore(|| {
        let store = Arc::new(Memory::<()>::open(&config()));
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
        let store = Arc::new(Memory::<()>::open(&config()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_committed(&*other, 7));
        let balance = store.load_sync(&store.entry(user())).balance;
        let entries = poll_ok(store.history(user(), Page::ALL));
        assert!(balance <= 1_000 * entries.len() as u64, "the history is older than the read");
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// One thread commits to one account, and then to another. A reader of the second commit must see
/// the first. Otherwise an acknowledged commit would be invisible for a moment. So the word of an
/// account has to publish more than itself.
fn check_commits_are_seen_in_order<S: Store>(
    commit: fn(&S, UserId),
    version: fn(&S, UserId) -> u64,
) {
    let [earlier, later] = [1, 2].map(|id| UserId::new(id).expect("1 and 2 are valid user ids"));
    let store = Arc::new(S::open(&StoreConfig { dense_users: 2, ..config() }));
    for user in [earlier, later] {
        poll_ok(store.load(&store.entry(user)));
    }
    let other = Arc::clone(&store);
    let thread = thread::spawn(move || {
        commit(&other, earlier);
        commit(&other, later);
    });
    let seen = [later, earlier].map(|user| version(&store, user));
    assert!(seen != [1, 0], "the second commit is visible and the first is not");
    thread.join().unwrap();
}

fn commit<S: Store>(store: &S, user: UserId) {
    poll_ok(store.commit(&store.entry(user), &receipt(1)));
}

fn commit_if_unchanged<S: ConditionalStore>(store: &S, user: UserId) {
    assert!(poll_ok(store.commit_if_unchanged(&store.entry(user), &receipt(1))));
}

fn loaded<S: Store>(store: &S, user: UserId) -> u64 {
    poll_ok(store.load(&store.entry(user))).version
}

fn read_without_lock<S: Store>(store: &S, user: UserId) -> u64 {
    let account = store.load_without_lock(&store.entry(user));
    account.expect("it was loaded before, so the word is known").version
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

type VersionedMemory = Versioned<Memory<VersionStamped<()>>>;

/// A lock holder commits while another thread reads without a lock. A reader that sees the new word
/// must find the line without waiting. A word that was published before its line, or too weakly,
/// would show an empty line.
#[test]
fn a_line_is_published_before_its_word() {
    explore(|| {
        let store = Arc::new(Memory::<()>::open(&config()));
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

fn receipt(version: u64) -> Receipt {
    let before = Account { balance: (version - 1) * 1_000, version: version - 1 };
    charge(version).decide(before, &Policy::default()).expect("the account has room")
}

/// The winners of versions 1 and 2 write at the same time to a ledger without a chunk, and need two
/// chunks. Each may find one missing. If two chunks followed the same one, a line would be lost. A
/// loser that did not see the winner's header would take the winner's chunk for the first.
#[test]
fn two_winners_grow_one_list_of_chunks() {
    explore(|| {
        let (arena, tail) = (Arena::new(0), LedgerTail::default());
        let shared = Arc::new((arena, tail));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        shared.1.write(&shared.0, &receipt(1), 0);
        thread.join().unwrap();
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// A reader of version 2 meets its writer before the chunk exists, and both create it. Version 1
/// was written before. If the chunk's header were not published with the tail, the reader would
/// miss the chunk before it.
#[test]
fn a_reader_and_a_winner_grow_one_list_of_chunks() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// A reader looks for version 1 while a winner appends the chunk of version 2. The reader walks
/// back from the last chunk. If it did not see that chunk's header, it would find nothing before
/// it.
#[test]
fn a_reader_walks_back_over_a_new_chunk() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 1).unwrap();
        assert_eq!(entries.len(), 1);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// Allocates two runs, writes `word` to the head of the second, as the loser of a race to append a
/// chunk does, and frees both, as two losers of another account may do.
fn lose(arena: &Arena, before: u32, lines: u32, word: u64) {
    let first = arena.allocate(before);
    let second = arena.allocate(lines);
    arena.line(second)[0].store(word, Ordering::Relaxed);
    arena.free(second, lines);
    arena.free(first, before);
}

/// A loser leaves a word at the place of a future line. One thread creates the chunk, and another
/// owns the line. The owner must find the chunk in such a way that the loser's write comes before
/// its own. Otherwise the line would hold the loser's word in the end.
#[test]
fn a_line_overwrites_a_losers_word() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(1), 0));
        lose(&shared.0, 1, 2, 7);
        // Waits for line 1, and creates its chunk if the owner has not.
        shared.1.read(&shared.0, user(), 0, 1).unwrap();
        thread.join().unwrap();
        assert_eq!(shared.1.read(&shared.0, user(), 0, 1).unwrap()[0].receipt, receipt(1));
    });
}

/// A loser leaves the place of its own account's chunk where a header will be. A thread that looks
/// for a version before that chunk must read the new header. Otherwise it would write to the other
/// account's ledger.
#[test]
fn a_header_overwrites_a_losers_word() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), LedgerTail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            // Describes a chunk that starts at version 2, far from the runs that are allocated
            // here.
            lose(&other.0, 4, 4, 2 << 32 | 20);
            other.1.write(&other.0, &receipt(4), 0);
        });
        shared.1.write(&shared.0, &receipt(2), 0);
        thread.join().unwrap();
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// Two threads allocate runs at the same time. If one position were allocated twice, two receipts
/// would share a line.
#[test]
fn concurrent_runs_do_not_overlap() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        let thread = thread::spawn(move || other.allocate(2));
        let mine = arena.allocate(3);
        let other = thread.join().unwrap();
        assert!(mine + 3 <= other || other + 2 <= mine, "{mine} and {other} overlap");
    });
}

/// One thread allocates a run, writes to it and frees it, as the loser of a race to append a chunk
/// does. Another allocates it. The loser's writes must come before the new owner's, or they could
/// appear later in a chunk of another account. They come before if the new owner sees them.
#[test]
fn a_losers_writes_come_before_its_run_is_reused() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        arena.line(1);
        let thread = thread::spawn(move || {
            let run = other.allocate(2);
            other.line(run)[0].store(7, Ordering::Relaxed);
            other.free(run, 2);
            run
        });
        let mine = arena.allocate(2);
        let seen = arena.line(mine)[0].load(Ordering::Relaxed);
        let losers = thread.join().unwrap();
        assert!(losers != mine || seen == 7, "a run is reused before the writes of its loser");
    });
}

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

/// Two threads acquire the slot of a user, and either may release it last. If a slot were removed
/// while a thread waits on it, both threads could hold its lock. If the count were read too early,
/// the slot would stay forever.
#[test]
fn threads_that_acquire_one_user_share_one_slot() {
    explore(|| {
        let shared = Arc::new((SlotTable::<Mutex<()>>::new(), AtomicU64::new(0)));
        let step = |(table, balance): &(SlotTable<Mutex<()>>, AtomicU64)| {
            let guard = table.acquire(user());
            let _lock = guard.lock();
            balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || step(&other));
        step(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Ordering::Relaxed), 2);
        assert_eq!(shared.0.len(), 0);
    });
}

type VersionedBare = Versioned<Bare<VersionStamped<()>, true>>;

/// Two callers load and commit on a store that suspends in the middle of both. The inner store has
/// no ordering of its own. If an account were published before it is written to the inner store, or
/// too weakly, the next commit could start from an old account.
#[test]
fn two_claims_of_a_version_lose_no_commit() {
    explore(|| {
        let store = Arc::new(VersionedBare::open(&config()));
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
        let store = Arc::new(VersionedBare::open(&config()));
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
        let store = VersionedBare::open(&config());
        let entry = store.entry(user());
        assert_eq!(poll_ok(store.load(&entry)), Account::default());
        assert!(poll(store.commit(&entry, &receipt(1)), 1).is_none());
        assert_eq!(poll_ok(store.load(&entry)), receipt(1).after);
    });
}

/// Seeded bugs, each of which a model must detect.
mod wrong {
    use super::*;
    use crate::sync::explored::assert_model_fails;

    const KNOWN: u64 = 1 << 63;
    const CLAIMED: u64 = 1 << 62;

    fn swap(word: &AtomicU64, from: u64, to: u64) -> bool {
        word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// A word of [`Versioned`] that does not count its aborted commits. The word after an abort
    /// equals the unknown word that an earlier load saw (the ABA problem).
    #[test]
    fn an_aborted_commit_that_is_not_counted() {
        assert_model_fails("store::models::wrong::an_aborted_commit_that_is_not_counted", || {
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
        });
    }

    /// A ledger that grows by a plain store instead of a compare-and-set. Two winners each append a
    /// chunk after the same one, and the line in the first is lost.
    #[test]
    fn a_chunk_that_replaces_another() {
        assert_model_fails("store::models::wrong::a_chunk_that_replaces_another", || {
            let shared = Arc::new((Arena::new(0), AtomicU64::new(0)));
            let write = |(arena, tail): &(Arena, AtomicU64), id: u64| {
                let chunk = match u32::try_from(tail.load(Ordering::Acquire)) {
                    Ok(0) => {
                        let chunk = arena.allocate(2);
                        tail.store(u64::from(chunk), Ordering::Release);
                        chunk
                    }
                    chunk => chunk.expect("a position fits 32 bits"),
                };
                arena.line(chunk)[usize::try_from(id).unwrap()].store(id, Ordering::Relaxed);
            };
            let other = Arc::clone(&shared);
            let thread = thread::spawn(move || write(&other, 1));
            write(&shared, 2);
            thread.join().unwrap();
            let chunk = u32::try_from(shared.1.load(Ordering::Acquire)).unwrap();
            let line = shared.0.line(chunk);
            assert!((1..3).all(|id| line[id].load(Ordering::Relaxed) == id as u64));
        });
    }

    /// A guard that reads the count before it takes the lock of the shard. A thread that acquires
    /// the slot in between loses it, and the next thread creates another.
    #[test]
    fn a_slot_that_is_removed_while_it_is_held() {
        use std::collections::HashMap;

        type Slots = Mutex<HashMap<u64, Arc<Mutex<()>>>>;

        assert_model_fails("store::models::wrong::a_slot_that_is_removed_while_it_is_held", || {
            let shared = Arc::new((Slots::default(), AtomicU64::new(0)));
            let step = |(slots, balance): &(Slots, AtomicU64)| {
                let slot = Arc::clone(slots.lock().entry(1).or_default());
                {
                    let _lock = slot.lock();
                    balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                // One reference is the map's, one is this thread's.
                let last = Arc::strong_count(&slot) == 2;
                if last {
                    slots.lock().remove(&1);
                }
            };
            let threads = [(); 2].map(|()| {
                let other = Arc::clone(&shared);
                thread::spawn(move || step(&other))
            });
            step(&shared);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(shared.1.load(Ordering::Relaxed), 3);
        });
    }
}
