//! Models of what the stores synchronise with: every order of their steps, and every value that a
//! weak ordering lets a load see.
//!
//! Each says what is raced, and what would be seen if it went wrong.

use std::{
    future::poll_fn,
    mem,
    ops::Deref,
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{
    ConditionalStore, ImmediateStore, Page, Setup, Slab, Stamped, Store, Versioned, arena::Arena,
    directory::Directory, lease::Leases, ledger::Tail,
};
use crate::{
    clock::Tick,
    database::Latency,
    domain::{
        Account, Action, Amount, Command, Fault, LedgerEntry, OperationId, Policy, Receipt, UserId,
    },
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        explored::explore,
        thread,
    },
    timer::Timer,
};

/// The plainest store: one account in one word, which publishes nothing but itself, so that a
/// strategy has to bring all the order there is. It refuses a commit that does not follow from the
/// one before: an update that would be lost ends the model. It keeps no ledger.
///
/// One that suspends does so once after each load and each commit.
pub(crate) struct Bare<L, const SUSPENDS: bool = false>(BareCell<L>);

#[derive(Default)]
pub(crate) struct BareCell<L> {
    word: AtomicU64,
    slot: L,
}

/// The only row there is.
pub(crate) struct BareRow<'a, L>(&'a BareCell<L>);

impl<L> Deref for BareRow<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0.slot
    }
}

impl<L> BareCell<L> {
    fn account(&self) -> Account {
        let word = self.word.load(Ordering::Relaxed);
        Account { balance: word & u64::from(u32::MAX), version: word >> 32 }
    }
}

impl<L: Default + Send + Sync + 'static, const SUSPENDS: bool> Store for Bare<L, SUSPENDS> {
    const NAME: &'static str = "bare";
    const SUSPENDS: bool = SUSPENDS;
    type Slot = L;
    type Row<'a> = BareRow<'a, L>;

    fn open(_setup: &Setup) -> Bare<L, SUSPENDS> {
        Bare(BareCell::default())
    }

    fn row(&self, _user: UserId) -> BareRow<'_, L> {
        BareRow(&self.0)
    }

    fn find(&self, user: UserId) -> Option<BareRow<'_, L>> {
        Some(self.row(user))
    }

    fn snapshot(&self, _row: &Self::Row<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, row: &Self::Row<'_>) -> Result<Account, Fault> {
        let account = row.0.account();
        if SUSPENDS {
            suspend().await;
        }
        Ok(account)
    }

    async fn commit(&self, row: &Self::Row<'_>, receipt: &Receipt) -> Result<(), Fault> {
        assert_eq!(row.0.account(), receipt.before, "an update is lost");
        let Account { balance, version } = receipt.after;
        row.0.word.store(version << 32 | balance, Ordering::Relaxed);
        if SUSPENDS {
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

/// What a store is opened with in a model.
pub(crate) fn setup() -> Setup {
    Setup {
        dense_users: 1,
        ledger_entries: 0,
        history: true,
        latency: Latency::None,
        seed: 1,
        tick: Tick::default(),
        timer: Timer::default(),
    }
}

/// The only user of most models.
pub(crate) fn user() -> UserId {
    UserId::new(1).expect("1 is the number of a user")
}

/// A command that charges 1,000 points.
pub(crate) fn charge(id: u64) -> Command {
    let amount = Amount::new(1_000).expect("1,000 points are an amount");
    Command { id: OperationId(id), user: user(), action: Action::Charge(amount) }
}

/// Polls `future` at most `times`, and gives what it came to.
pub(crate) fn poll<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    })
}

/// More polls than any call to a store takes here.
const POLLS_MAX: usize = 16;

fn now<T>(future: impl Future<Output = Result<T, Fault>>) -> T {
    let result = poll(future, POLLS_MAX).expect("no store here suspends for long");
    result.expect("no store here fails")
}

/// Loads and commits until a commit is won, as a compare-and-set strategy does.
fn charge_until_won<S: ConditionalStore>(store: &S, id: u64) -> Receipt {
    let row = store.row(user());
    loop {
        let before = now(store.load(&row));
        let receipt = charge(id).decide(before, &Policy::default()).expect("there is room");
        if now(store.commit_if_unchanged(&row, &receipt)) {
            return receipt;
        }
        thread::yield_now();
    }
}

/// Whether `entries` follow from one another, from the first on.
fn assert_chain(entries: &[LedgerEntry]) {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in entries {
        assert!(0 < receipt.command.id.0, "a line is read before it is written");
        assert_eq!(receipt.before, account);
        assert_eq!(receipt.after.balance, account.balance + 1_000);
        account = receipt.after;
    }
}

/// Two who load the same account both try to commit. Were the comparison and the write two steps,
/// or the line of a loser written, one charge would be missing from the balance or the ledger.
#[test]
fn two_winners_of_a_cell_lose_no_commit() {
    explore(|| {
        let store = Arc::new(Slab::<()>::open(&setup()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_won(&*other, 2));
        charge_until_won(&*store, 1);
        thread.join().unwrap();

        assert_eq!(store.load_now(&store.row(user())).balance, 2_000);
        let entries = now(store.history(user(), Page::ALL));
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
    });
}

/// A history is read while a compare-and-set is won whose line is not written yet. The reader must
/// wait for the line and then see all of it: a mark that came before its words would show zeroes.
#[test]
fn a_history_waits_for_the_line_of_a_winner() {
    explore(|| {
        let store = Arc::new(Slab::<()>::open(&setup()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_won(&*other, 7));
        let balance = store.load_now(&store.row(user())).balance;
        let entries = now(store.history(user(), Page::ALL));
        assert!(balance <= 1_000 * entries.len() as u64, "a history is behind a read");
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// One caller is told that its command on one account is done, and commands another account. Who
/// sees the second must see the first, or what was acknowledged would be gone for a moment: the
/// word of an account has to publish more than itself.
fn who_sees_the_later_sees_the_earlier<S: Store>(
    commit: fn(&S, UserId),
    version: fn(&S, UserId) -> u64,
) {
    let [earlier, later] = [1, 2].map(|id| UserId::new(id).expect("they are users"));
    let store = Arc::new(S::open(&Setup { dense_users: 2, ..setup() }));
    for user in [earlier, later] {
        now(store.load(&store.row(user)));
    }
    let other = Arc::clone(&store);
    let thread = thread::spawn(move || {
        commit(&other, earlier);
        commit(&other, later);
    });
    let seen = [later, earlier].map(|user| version(&store, user));
    assert!(seen != [1, 0], "what was done before cannot be seen");
    thread.join().unwrap();
}

fn commit<S: Store>(store: &S, user: UserId) {
    now(store.commit(&store.row(user), &receipt(1)));
}

fn commit_if_unchanged<S: ConditionalStore>(store: &S, user: UserId) {
    assert!(now(store.commit_if_unchanged(&store.row(user), &receipt(1))));
}

fn loaded<S: Store>(store: &S, user: UserId) -> u64 {
    now(store.load(&store.row(user))).version
}

fn snapped<S: Store>(store: &S, user: UserId) -> u64 {
    let account = store.snapshot(&store.row(user));
    account.expect("it was loaded before, and so is known").version
}

/// See [`who_sees_the_later_sees_the_earlier`]: two commits in a turn.
#[test]
fn who_sees_the_later_commit_sees_the_earlier() {
    explore(|| who_sees_the_later_sees_the_earlier::<Slab<()>>(commit, loaded));
}

/// See [`who_sees_the_later_sees_the_earlier`]: two commits that were won.
#[test]
fn who_sees_the_later_win_sees_the_earlier() {
    explore(|| who_sees_the_later_sees_the_earlier::<Slab<()>>(commit_if_unchanged, loaded));
}

/// See [`who_sees_the_later_sees_the_earlier`]: two commits in a turn that bring their version, and
/// a reader who takes none.
#[test]
fn who_sees_the_later_version_sees_the_earlier() {
    explore(|| who_sees_the_later_sees_the_earlier::<VersionedSlab>(commit, snapped));
}

/// See [`who_sees_the_later_sees_the_earlier`]: two versions that were won, and a reader who loads.
#[test]
fn who_sees_the_later_claim_sees_the_earlier() {
    explore(|| who_sees_the_later_sees_the_earlier::<VersionedSlab>(commit_if_unchanged, loaded));
}

type VersionedSlab = Versioned<Slab<Stamped<()>>>;

/// One holder of a turn commits, another reads without a turn. Who sees the new word must find the
/// line without waiting; a word published before it, or weakly, would show an empty one.
#[test]
fn a_line_is_there_before_its_word() {
    explore(|| {
        let store = Arc::new(Slab::<()>::open(&setup()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || {
            let row = other.row(user());
            let receipt = charge(7).decide(Account::default(), &Policy::default());
            other.commit_now(&row, &receipt.expect("there is room"));
        });
        let last = store.load_now(&store.row(user())).version;
        let entries = now(store.history(user(), Page { after: 0, limit: 1 }));
        assert!(last <= entries.len() as u64);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

fn receipt(version: u64) -> Receipt {
    let before = Account { balance: (version - 1) * 1_000, version: version - 1 };
    charge(version).decide(before, &Policy::default()).expect("there is room")
}

/// The winners of versions 1 and 2 write at once into a ledger without a chunk, and need two: each
/// may find that one is missing. A chunk put twice behind the same one would lose a line; a loser
/// that did not see the winner's header would take its chunk for the first.
#[test]
fn two_winners_grow_one_list_of_chunks() {
    explore(|| {
        let (arena, tail) = (Arena::new(0), Tail::default());
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

/// A reader that is told of version 2 meets its writer, who has not made its chunk: both make it.
/// Version 1 was written before. Were the chunk's header not published with the tail, the reader
/// would miss the chunk before it.
#[test]
fn a_reader_and_a_winner_grow_one_list_of_chunks() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), Tail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 2).unwrap();
        assert_eq!(entries.len(), 2);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// A reader looks for version 1 while a winner puts the chunk of version 2 behind it. The reader goes
/// back from the last chunk: one whose header it did not see would have nothing before it.
#[test]
fn a_reader_goes_back_over_a_new_chunk() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), Tail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(2), 0));
        let entries = shared.1.read(&shared.0, user(), 0, 1).unwrap();
        assert_eq!(entries.len(), 1);
        assert_chain(&entries);
        thread.join().unwrap();
    });
}

/// Takes two runs, writes `word` where the loser of a race for a chunk writes it, at the head of the
/// second, and gives both back, as two losers of another account may.
fn lose(arena: &Arena, before: u32, lines: u32, word: u64) {
    let first = arena.take(before);
    let second = arena.take(lines);
    arena.line(second)[0].store(word, Ordering::Relaxed);
    arena.give_back(second, lines);
    arena.give_back(first, before);
}

/// A loser leaves a word where a line will be. One thread makes the chunk, the owner of the line is
/// another: it must find the chunk in such a way that the loser's word lies before its own, or the
/// line would show the loser's in the end.
#[test]
fn a_line_is_written_over_what_a_loser_left() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), Tail::default()));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || other.1.write(&other.0, &receipt(1), 0));
        lose(&shared.0, 1, 2, 7);
        // Waits for line 1, and puts its chunk if its owner has not.
        shared.1.read(&shared.0, user(), 0, 1).unwrap();
        thread.join().unwrap();
        assert_eq!(shared.1.read(&shared.0, user(), 0, 1).unwrap()[0].receipt, receipt(1));
    });
}

/// A loser leaves the place of its own account's chunk where a header will be. Who looks for a version
/// before that chunk must read the header that was written since, or it would write into the
/// other account's ledger.
#[test]
fn a_header_is_read_and_not_what_a_loser_left() {
    explore(|| {
        let shared = Arc::new((Arena::new(0), Tail::default()));
        shared.1.write(&shared.0, &receipt(1), 0);
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            // A chunk of versions from 2 on, far from all that is taken here.
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

/// Two take runs of lines at once. One position handed out twice would put two receipts into one
/// line.
#[test]
fn runs_that_are_taken_together_do_not_overlap() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        let thread = thread::spawn(move || other.take(2));
        let mine = arena.take(3);
        let other = thread.join().unwrap();
        assert!(mine + 3 <= other || other + 2 <= mine, "{mine} and {other} overlap");
    });
}

/// One takes a run, writes to it and gives it back, as the loser of a race for a chunk does; another
/// takes it. What the loser wrote must lie before what the new owner writes, or it could come after
/// and stand in a chunk of another account. It lies before if the new owner sees it.
#[test]
fn what_a_loser_wrote_lies_before_its_run_is_taken_again() {
    explore(|| {
        let arena = Arc::new(Arena::new(0));
        let other = Arc::clone(&arena);
        arena.line(1);
        let thread = thread::spawn(move || {
            let run = other.take(2);
            other.line(run)[0].store(7, Ordering::Relaxed);
            other.give_back(run, 2);
            run
        });
        let mine = arena.take(2);
        let seen = arena.line(mine)[0].load(Ordering::Relaxed);
        let losers = thread.join().unwrap();
        assert!(losers != mine || seen == 7, "a run is taken before its loser is done with it");
    });
}

/// Two come for a user who has no cell. Two cells would be two accounts of one user.
#[test]
fn two_who_make_a_cell_make_one() {
    explore(|| {
        let directory = Arc::new(Directory::<AtomicU64>::new(0));
        let other = Arc::clone(&directory);
        let thread = thread::spawn(move || {
            other.find_or_make(user()).fetch_add(1, Ordering::Relaxed);
        });
        directory.find_or_make(user()).fetch_add(1, Ordering::Relaxed);
        thread.join().unwrap();
        let cell = directory.find(user()).expect("it was made");
        assert_eq!(cell.load(Ordering::Relaxed), 2);
    });
}

/// Two hold the slot of a user, each for a moment, and each may be the last to let it go. A slot
/// that is let go while another waits on it would put both into the turn, and a count that is
/// looked at too early would keep it for ever.
#[test]
fn who_hold_a_user_at_once_hold_one_slot() {
    explore(|| {
        let shared = Arc::new((Leases::<Mutex<()>>::new(), AtomicU64::new(0)));
        let step = |(leases, balance): &(Leases<Mutex<()>>, AtomicU64)| {
            let lease = leases.hold(user());
            let _turn = lease.lock();
            balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || step(&other));
        step(&shared);
        thread.join().unwrap();
        assert_eq!(shared.1.load(Ordering::Relaxed), 2);
        assert_eq!(shared.0.held(), 0);
    });
}

type VersionedBare = Versioned<Bare<Stamped<()>, true>>;

/// Two load and commit over a store that suspends in the middle of both. The store below has no
/// order of its own: an account that is published before it is written through, or weakly, would
/// let the next commit start from an old one.
#[test]
fn two_claims_of_a_version_lose_no_commit() {
    explore(|| {
        let store = Arc::new(VersionedBare::open(&setup()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || charge_until_won(&*other, 2));
        charge_until_won(&*store, 1);
        thread.join().unwrap();
        assert_eq!(now(store.load(&store.row(user()))).balance, 2_000);
    });
}

/// A slow load meets one commit that is done and one that is cut off after it was written below.
/// The word then is unknown, as it was when the load began: filled in with what the load read, it
/// would lose both.
#[test]
fn a_load_from_before_a_cut_off_brings_nothing_back() {
    explore(|| {
        let store = Arc::new(VersionedBare::open(&setup()));
        let other = Arc::clone(&store);
        let thread = thread::spawn(move || {
            let first = charge_until_won(&*other, 2);
            let second = charge(3).decide(first.after, &Policy::default()).expect("there is room");
            let row = other.row(user());
            poll(other.commit_if_unchanged(&row, &second), 1);
        });
        charge_until_won(&*store, 1);
        thread.join().unwrap();
        let account = now(store.load(&store.row(user())));
        assert_eq!(account.balance, account.version * 1_000);
        assert!((2..=3).contains(&account.version));
    });
}

/// A commit in a turn is cut off after it was written below. The word still knows the account from
/// before: left so, the next turn would start from it and lose what was written.
#[test]
fn a_commit_that_is_cut_off_in_its_turn_is_read_again() {
    explore(|| {
        let store = VersionedBare::open(&setup());
        let row = store.row(user());
        assert_eq!(now(store.load(&row)), Account::default());
        assert!(poll(store.commit(&row, &receipt(1)), 1).is_none());
        assert_eq!(now(store.load(&row)), receipt(1).after);
    });
}

/// Mistakes that are made on purpose, which a model must find.
mod wrong {
    use super::*;
    use crate::sync::explored::find_wrong;

    const KNOWN: u64 = 1 << 63;
    const CLAIMED: u64 = 1 << 62;

    fn swap(word: &AtomicU64, from: u64, to: u64) -> bool {
        word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// A word of [`Versioned`] whose commits are not counted when they are cut off: unknown again,
    /// it looks as it did to a load from before. This is how it was once.
    #[test]
    fn a_cut_off_that_leaves_the_word_as_it_was() {
        find_wrong("store::models::wrong::a_cut_off_that_leaves_the_word_as_it_was", || {
            // The word above, and the store below.
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
                    // Cut off.
                    word.store(0, Ordering::Release);
                }
            });
            load(&shared);
            let (word, below) = &*shared;
            thread.join().unwrap();
            let known = word.load(Ordering::Acquire);
            let stale = known & KNOWN != 0 && known & 1 != below.load(Ordering::Relaxed);
            assert!(!stale, "the word knows what the store no longer says");
        });
    }

    /// A ledger that grows by a store and not by a compare-and-set: two winners each put a chunk
    /// behind the same one, and the line in the first is lost.
    #[test]
    fn a_chunk_that_is_put_over_another() {
        find_wrong("store::models::wrong::a_chunk_that_is_put_over_another", || {
            let shared = Arc::new((Arena::new(0), AtomicU64::new(0)));
            let write = |(arena, tail): &(Arena, AtomicU64), id: u64| {
                let chunk = match u32::try_from(tail.load(Ordering::Acquire)) {
                    Ok(0) => {
                        let chunk = arena.take(2);
                        tail.store(u64::from(chunk), Ordering::Release);
                        chunk
                    }
                    chunk => chunk.expect("a place fits 32 bits"),
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

    /// A lease that looks at the count before it takes the lock of the shard: a newcomer who holds
    /// the slot meanwhile loses it, and the next makes another.
    #[test]
    fn a_slot_that_is_let_go_while_it_is_held() {
        use std::collections::HashMap;

        type Slots = Mutex<HashMap<u64, Arc<Mutex<()>>>>;

        find_wrong("store::models::wrong::a_slot_that_is_let_go_while_it_is_held", || {
            let shared = Arc::new((Slots::default(), AtomicU64::new(0)));
            let step = |(slots, balance): &(Slots, AtomicU64)| {
                let slot = Arc::clone(slots.lock().entry(1).or_default());
                {
                    let _turn = slot.lock();
                    balance.store(balance.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                // One is the map's, one is ours.
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
