//! A version column for a store that has none: it makes any store's commit conditional.
//!
//! One atomic word per user holds the account as the last finished commit left it. A commit claims
//! the word if it still holds what the caller loaded, writes to the inner store, and then publishes
//! the new account in the word. A claim fails at once and never waits, as a conditional update that
//! finds another version changes no row. A load pays for the read of the inner store, as a
//! database's does, and uses its result only if the word is unknown.
//!
//! ```text
//! word   63      62       61       32 31          0
//!        [known] [claimed] [ version ] [ balance   ]
//!        [  0  ] [ number of aborted commits       ]      the account is unknown
//! ```
//!
//! An aborted commit makes the word unknown again. The count makes that word differ from an earlier
//! unknown word: a load that began before the commit must not fill in what it read then (the ABA
//! problem).

#[cfg(all(test, hotrow_loom))]
mod models;

use std::ops::Deref;

use super::{ConditionalStore, Page, Store};
use crate::{
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, UserId, VERSION_LIMIT},
    sync::atomic::{AtomicU64, Ordering},
};

/// The store `S` with a conditional commit.
pub struct Versioned<S>(S);

/// The state that [`Versioned`] keeps for a user beside the strategy's own.
#[derive(Default)]
pub struct VersionStamped<L> {
    word: AtomicU64,
    /// The number of aborted commits.
    aborted: AtomicU64,
    state: L,
}

/// An entry of the inner store, seen as the strategy's state.
pub struct VersionedEntry<R>(R);

impl<L, R: Deref<Target = VersionStamped<L>>> Deref for VersionedEntry<R> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0.state
    }
}

const KNOWN: u64 = 1 << 63;
const CLAIMED: u64 = 1 << 62;
const _: () = assert!(VERSION_LIMIT < 1 << 30, "a version must leave two bits for the marks");

fn pack(account: Account) -> u64 {
    KNOWN | account.version << 32 | account.balance
}

fn unpack(word: u64) -> Account {
    Account { balance: word & u64::from(u32::MAX), version: (word >> 32) & VERSION_LIMIT }
}

impl<L, S> Store for Versioned<S>
where
    L: Default + Send + Sync + 'static,
    S: Store<PerUserState = VersionStamped<L>>,
{
    const NAME: &'static str = S::NAME;
    const IS_ASYNC: bool = S::IS_ASYNC;
    const HAS_LATENCY: bool = S::HAS_LATENCY;
    const LOAD_IS_ATOMIC: bool = S::LOAD_IS_ATOMIC;
    type Config = S::Config;
    type PerUserState = L;
    type Entry<'a> = VersionedEntry<S::Entry<'a>>;

    async fn open(config: &S::Config) -> Result<Versioned<S>, StoreError> {
        Ok(Versioned(S::open(config).await?))
    }

    fn entry(&self, user: UserId) -> Self::Entry<'_> {
        VersionedEntry(self.0.entry(user))
    }

    fn get(&self, user: UserId) -> Option<Self::Entry<'_>> {
        self.0.get(user).map(VersionedEntry)
    }

    /// Returns the account in the word, if it is known. A commit that is still being written has
    /// not been acknowledged, so the result need not include it.
    fn load_without_lock(&self, entry: &Self::Entry<'_>) -> Option<Account> {
        match entry.0.word.load(Ordering::Acquire) {
            word if word & KNOWN == 0 => None,
            word => Some(unpack(word)),
        }
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        loop {
            let seen = entry.0.word.load(Ordering::Acquire);
            let stored = self.0.load(&entry.0).await?;
            if let Some(account) = fill_word(&entry.0.word, seen, stored) {
                return Ok(account);
            }
        }
    }

    async fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        // The caller has exclusive access, so it has the claim. If it is aborted, it too leaves the
        // word unknown.
        let claim = Claim { word: &entry.0.word, aborted: &entry.0.aborted };
        let written = self.0.commit(&entry.0, receipt).await?;
        claim.publish(receipt.after);
        Ok(written)
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        self.0.history(user, page).await
    }
}

impl<L, S> ConditionalStore for Versioned<S>
where
    L: Default + Send + Sync + 'static,
    S: Store<PerUserState = VersionStamped<L>>,
{
    async fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<Option<LedgerEntry>, CommitError> {
        let Some(claim) = Claim::take(&entry.0.word, &entry.0.aborted, receipt.before) else {
            return Ok(None);
        };
        let written = self.0.commit(&entry.0, receipt).await?;
        claim.publish(receipt.after);
        Ok(Some(written))
    }
}

/// Returns the account in the word, or `stored` if the word was unknown before `stored` was read
/// and still is. While a commit is claimed or done, the word is newer than `stored`. `None` if
/// `stored` is stale.
fn fill_word(word: &AtomicU64, seen: u64, stored: Account) -> Option<Account> {
    // Relaxed: `seen` was acquired, and its replacement continues the same release sequence.
    if seen & KNOWN == 0
        && word.compare_exchange(seen, pack(stored), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    {
        return Some(stored);
    }
    // Acquire, with the release in `publish`: the caller sees everything that was acknowledged
    // before.
    let now = word.load(Ordering::Acquire);
    (now & KNOWN != 0).then(|| unpack(now))
}

/// The right to write the next version. Dropped without `publish`, as by a caller that is dropped
/// or a store that fails, it leaves the word unknown, so that the account is loaded from the store
/// again.
struct Claim<'a> {
    word: &'a AtomicU64,
    aborted: &'a AtomicU64,
}

impl<'a> Claim<'a> {
    fn take(word: &'a AtomicU64, aborted: &'a AtomicU64, before: Account) -> Option<Claim<'a>> {
        // Acquire, with the release in `publish`: the caller sees what the last winner wrote to the
        // inner store. The mark continues the release sequence of the word that it is set on.
        word.compare_exchange(
            pack(before),
            pack(before) | CLAIMED,
            Ordering::Acquire,
            Ordering::Relaxed,
        )
        .ok()
        .map(|_| Claim { word, aborted })
    }

    fn publish(self, after: Account) {
        self.word.store(pack(after), Ordering::Release);
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // Relaxed: only the holder of the claim counts, and the store to the word publishes the
        // count.
        let times = self.aborted.fetch_add(1, Ordering::Relaxed) + 1;
        self.word.store(times, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks share the word with the account and must not leak into it.
    #[test]
    fn an_account_survives_its_word() {
        for balance in [0, u64::from(u32::MAX)] {
            for version in [0, VERSION_LIMIT] {
                let account = Account { balance, version };
                assert_eq!(unpack(pack(account)), account);
                assert_eq!(unpack(pack(account) | CLAIMED), account);
            }
        }
        assert_eq!(pack(Account::default()) & KNOWN, KNOWN);
    }

    /// Two callers that loaded the same account both try to commit. Only one claim may succeed.
    #[test]
    fn one_of_two_claims_fails() {
        let (word, aborted) = (AtomicU64::new(pack(Account::default())), AtomicU64::new(0));
        let first =
            Claim::take(&word, &aborted, Account::default()).expect("no other claim exists");
        assert!(Claim::take(&word, &aborted, Account::default()).is_none());
        first.publish(Account { balance: 5, version: 1 });
        assert!(Claim::take(&word, &aborted, Account::default()).is_none());
        assert_eq!(unpack(word.load(Ordering::Relaxed)), Account { balance: 5, version: 1 });
    }

    /// A caller that is dropped in the middle of a commit must not leave the account claimed
    /// forever.
    #[test]
    fn a_dropped_claim_makes_the_word_unknown() {
        let (word, aborted) = (AtomicU64::new(pack(Account::default())), AtomicU64::new(0));
        drop(Claim::take(&word, &aborted, Account::default()));
        assert_eq!(word.load(Ordering::Relaxed) & KNOWN, 0);
    }

    /// A slow load reads an account, a second caller commits, and a third commit is aborted. The
    /// word is unknown as before, but the slow load's result is stale. Filling it in would lose a
    /// commit.
    #[test]
    fn a_load_from_before_an_aborted_commit_fills_in_nothing() {
        let (word, aborted) = (AtomicU64::new(0), AtomicU64::new(0));
        let seen = word.load(Ordering::Relaxed);
        assert_eq!(fill_word(&word, seen, Account::default()), Some(Account::default()));
        let first =
            Claim::take(&word, &aborted, Account::default()).expect("no other claim exists");
        let committed = Account { balance: 5, version: 1 };
        first.publish(committed);
        drop(Claim::take(&word, &aborted, committed));

        assert_eq!(fill_word(&word, seen, Account::default()), None);
        let seen = word.load(Ordering::Relaxed);
        assert_eq!(fill_word(&word, seen, committed), Some(committed));
    }
}
