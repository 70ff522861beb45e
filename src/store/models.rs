//! What the models of stores and strategies share: the simplest store, and commands to send.
//!
//! A model explores every order of the steps of a piece, and every value that a weak ordering lets a
//! load return. It lies beside its piece. Its documentation says which accesses race, and how a bug
//! would show.

use std::{
    fmt::Debug,
    future::poll_fn,
    mem,
    ops::Deref,
    pin::pin,
    task::{Context, Poll, Waker},
};

use super::{ConditionalStore, Page, Store, StoreConfig};
use crate::{
    clock::CoarseClock,
    domain::{
        Account, Action, Amount, Command, CommitError, LedgerEntry, OperationId, Policy, Receipt,
        StoreError, UserId,
    },
    scenario::Latency,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
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
    type Config = StoreConfig;
    type PerUserState = L;
    type Entry<'a> = BareEntry<'a, L>;

    async fn open(_config: &StoreConfig) -> Result<Bare<L, IS_ASYNC>, StoreError> {
        Ok(Bare(BareCell::default()))
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

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        let account = entry.0.account();
        if IS_ASYNC {
            suspend().await;
        }
        Ok(account)
    }

    async fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        assert_eq!(entry.0.account(), receipt.before, "an update is lost");
        let Account { balance, version } = receipt.after;
        entry.0.word.store(version << 32 | balance, Ordering::Relaxed);
        if IS_ASYNC {
            suspend().await;
        }
        Ok(LedgerEntry { receipt: *receipt, time_millis: 0 })
    }

    async fn history(&self, _user: UserId, _page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
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
        location: None,
        keeps_accounts: false,
    }
}

/// Opens a store.
pub(crate) fn open<S: Store>(config: &StoreConfig) -> S {
    S::open_sync(&config.into()).expect("a store in a model can be opened")
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

/// Returns the result of a call that suspends at most a few times, and does not fail.
pub(super) fn poll_ok<T, E: Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    let result = poll(future, POLLS_MAX).expect("a store in a model suspends only a few times");
    result.expect("a store in a model does not fail")
}

/// Loads and commits until a commit succeeds, as the compare-and-set strategy does.
pub(super) fn charge_until_committed<S: ConditionalStore>(store: &S, id: u64) -> Receipt {
    let entry = store.entry(user());
    loop {
        let before = poll_ok(store.load(&entry));
        let receipt = charge(id).decide(before, &Policy::default()).expect("the account has room");
        if poll_ok(store.commit_if_unchanged(&entry, &receipt)).is_some() {
            return receipt;
        }
        thread::yield_now();
    }
}

/// Asserts that each of `entries` follows from the one before, starting from an unused account.
pub(super) fn assert_chain(entries: &[LedgerEntry]) {
    let mut account = Account::default();
    for LedgerEntry { receipt, .. } in entries {
        assert!(0 < receipt.command.id.0, "a line is read before it is written");
        assert_eq!(receipt.before, account);
        assert_eq!(receipt.after.balance, account.balance + 1_000);
        account = receipt.after;
    }
}

/// One thread commits to one account, and then to another. A reader of the second commit must see
/// the first. Otherwise an acknowledged commit would be invisible for a moment. So the word of an
/// account has to publish more than itself.
pub(super) fn check_commits_are_seen_in_order<S: Store>(
    commit: fn(&S, UserId),
    version: fn(&S, UserId) -> u64,
) {
    let [earlier, later] = [1, 2].map(|id| UserId::new(id).expect("1 and 2 are valid user ids"));
    let store = Arc::new(open::<S>(&StoreConfig { dense_users: 2, ..config() }));
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

/// Commits the first receipt of `user`.
pub(super) fn commit<S: Store>(store: &S, user: UserId) {
    poll_ok(store.commit(&store.entry(user), &receipt(1)));
}

/// As [`commit`], by a conditional commit.
pub(super) fn commit_if_unchanged<S: ConditionalStore>(store: &S, user: UserId) {
    assert!(poll_ok(store.commit_if_unchanged(&store.entry(user), &receipt(1))).is_some());
}

/// Returns the version of the loaded account.
pub(super) fn loaded<S: Store>(store: &S, user: UserId) -> u64 {
    poll_ok(store.load(&store.entry(user))).version
}

/// As [`loaded`], without a lock.
pub(super) fn read_without_lock<S: Store>(store: &S, user: UserId) -> u64 {
    let account = store.load_without_lock(&store.entry(user));
    account.expect("it was loaded before, so the word is known").version
}

/// Returns the receipt of the charge that makes `version`.
pub(super) fn receipt(version: u64) -> Receipt {
    let before = Account { balance: (version - 1) * 1_000, version: version - 1 };
    charge(version).decide(before, &Policy::default()).expect("the account has room")
}
