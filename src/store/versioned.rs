//! A version column for a store that has none: any store's commit, made conditional.
//!
//! One atomic word for each user holds the account as its last finished commit left it. A commit
//! claims the word if it still says what the caller read, writes through to the store below, and
//! then publishes the new account in the word. Claims are refused and never waited for, as a
//! conditional update that finds another version changes no row. A load pays for the read of the
//! store below, as a database's does, and takes from it what the word does not know yet.
//!
//! ```text
//! word   63      62       61       32 31          0
//!        [known] [claimed] [ version ] [ balance   ]
//!        [  0  ] [ how often a commit was cut off  ]      nothing known
//! ```
//!
//! A word that became unknown again, because a commit was cut off, is not the word that it was: a
//! load that began before must not fill in what it read then.

use std::ops::Deref;

use super::{ConditionalStore, Page, Setup, Store};
use crate::{
    domain::{Account, Fault, LedgerEntry, Receipt, UserId, VERSION_LIMIT},
    sync::atomic::{AtomicU64, Ordering},
};

/// The store `S`, with a conditional commit.
pub struct Versioned<S>(S);

/// What [`Versioned`] keeps for a user beside the strategy's own slot.
#[derive(Default)]
pub struct Stamped<L> {
    word: AtomicU64,
    /// Commits that were cut off.
    cut_off: AtomicU64,
    slot: L,
}

/// A row of the store below, seen as the strategy's slot.
pub struct VersionedRow<R>(R);

impl<L, R: Deref<Target = Stamped<L>>> Deref for VersionedRow<R> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0.slot
    }
}

const KNOWN: u64 = 1 << 63;
const CLAIMED: u64 = 1 << 62;
const _: () = assert!(VERSION_LIMIT < 1 << 30, "a version leaves the two marks their bits");

fn pack(account: Account) -> u64 {
    KNOWN | account.version << 32 | account.balance
}

fn unpack(word: u64) -> Account {
    Account { balance: word & u64::from(u32::MAX), version: (word >> 32) & VERSION_LIMIT }
}

impl<L, S> Store for Versioned<S>
where
    L: Default + Send + Sync + 'static,
    S: Store<Slot = Stamped<L>>,
{
    const NAME: &'static str = S::NAME;
    const SUSPENDS: bool = S::SUSPENDS;
    type Slot = L;
    type Row<'a> = VersionedRow<S::Row<'a>>;

    fn open(setup: &Setup) -> Versioned<S> {
        Versioned(S::open(setup))
    }

    fn row(&self, user: UserId) -> Self::Row<'_> {
        VersionedRow(self.0.row(user))
    }

    fn find(&self, user: UserId) -> Option<Self::Row<'_>> {
        self.0.find(user).map(VersionedRow)
    }

    /// The word, once it knows the account: a commit that is still being written through has not
    /// been acknowledged, and so it need not be seen.
    fn snapshot(&self, row: &Self::Row<'_>) -> Option<Account> {
        match row.0.word.load(Ordering::Acquire) {
            word if word & KNOWN == 0 => None,
            word => Some(unpack(word)),
        }
    }

    async fn load(&self, row: &Self::Row<'_>) -> Result<Account, Fault> {
        loop {
            let seen = row.0.word.load(Ordering::Acquire);
            let below = self.0.load(&row.0).await?;
            if let Some(account) = fill_in(&row.0.word, seen, below) {
                return Ok(account);
            }
        }
    }

    async fn commit(&self, row: &Self::Row<'_>, receipt: &Receipt) -> Result<(), Fault> {
        // The caller has the turn, and so the claim: cut off, it leaves the word unknown as well.
        let claim = Claim { word: &row.0.word, cut_off: &row.0.cut_off };
        self.0.commit(&row.0, receipt).await?;
        claim.publish(receipt.after);
        Ok(())
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        self.0.history(user, page).await
    }

    async fn time_of(&self, user: UserId, version: u64) -> Result<Option<u64>, Fault> {
        self.0.time_of(user, version).await
    }
}

impl<L, S> ConditionalStore for Versioned<S>
where
    L: Default + Send + Sync + 'static,
    S: Store<Slot = Stamped<L>>,
{
    async fn commit_if_unchanged(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> Result<bool, Fault> {
        let Some(claim) = Claim::take(&row.0.word, &row.0.cut_off, receipt.before) else {
            return Ok(false);
        };
        self.0.commit(&row.0, receipt).await?;
        claim.publish(receipt.after);
        Ok(true)
    }
}

/// The account that a word knows, or `below` if it knew none when `below` began to be read and still
/// does not: while a commit is claimed or done, the word knows better. None if `below` is stale.
fn fill_in(word: &AtomicU64, seen: u64, below: Account) -> Option<Account> {
    // Relaxed: `seen` was acquired, and what is put in its place passes on the release that it had.
    if seen & KNOWN == 0
        && word.compare_exchange(seen, pack(below), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    {
        return Some(below);
    }
    // Acquire, with the release in `publish`: all that was acknowledged before is seen with it.
    let now = word.load(Ordering::Acquire);
    (now & KNOWN != 0).then(|| unpack(now))
}

/// The right to write the next version. Dropped without being published, as by a caller that was
/// cut off or a store that failed, it leaves the word unknown, to be read from the store again.
struct Claim<'a> {
    word: &'a AtomicU64,
    cut_off: &'a AtomicU64,
}

impl<'a> Claim<'a> {
    fn take(word: &'a AtomicU64, cut_off: &'a AtomicU64, before: Account) -> Option<Claim<'a>> {
        // Acquire, with the release in `publish`: what the last winner wrote below is seen. The mark
        // passes on the release that it is put on.
        word.compare_exchange(
            pack(before),
            pack(before) | CLAIMED,
            Ordering::Acquire,
            Ordering::Relaxed,
        )
        .ok()
        .map(|_| Claim { word, cut_off })
    }

    fn publish(self, after: Account) {
        self.word.store(pack(after), Ordering::Release);
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // Relaxed: only the holder of the claim counts, and the word publishes what it counted.
        let times = self.cut_off.fetch_add(1, Ordering::Relaxed) + 1;
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

    /// Two who read the same account both think that they may commit. One may.
    #[test]
    fn one_of_two_claims_is_refused() {
        let (word, cut_off) = (AtomicU64::new(pack(Account::default())), AtomicU64::new(0));
        let first =
            Claim::take(&word, &cut_off, Account::default()).expect("nobody else has claimed");
        assert!(Claim::take(&word, &cut_off, Account::default()).is_none());
        first.publish(Account { balance: 5, version: 1 });
        assert!(Claim::take(&word, &cut_off, Account::default()).is_none());
        assert_eq!(unpack(word.load(Ordering::Relaxed)), Account { balance: 5, version: 1 });
    }

    /// A caller that is cut off in the middle must not leave the account claimed for ever.
    #[test]
    fn a_claim_that_is_dropped_lets_the_word_be_read_again() {
        let (word, cut_off) = (AtomicU64::new(pack(Account::default())), AtomicU64::new(0));
        drop(Claim::take(&word, &cut_off, Account::default()));
        assert_eq!(word.load(Ordering::Relaxed) & KNOWN, 0);
    }

    /// A slow load reads an account, another commits to it, a third is cut off: the word is unknown
    /// as it was, and what the slow load read is no longer so. Filled in, it would lose a commit.
    #[test]
    fn a_load_from_before_a_cut_off_fills_in_nothing() {
        let (word, cut_off) = (AtomicU64::new(0), AtomicU64::new(0));
        let seen = word.load(Ordering::Relaxed);
        assert_eq!(fill_in(&word, seen, Account::default()), Some(Account::default()));
        let first = Claim::take(&word, &cut_off, Account::default()).expect("nobody has claimed");
        let committed = Account { balance: 5, version: 1 };
        first.publish(committed);
        drop(Claim::take(&word, &cut_off, committed));

        assert_eq!(fill_in(&word, seen, Account::default()), None);
        let seen = word.load(Ordering::Relaxed);
        assert_eq!(fill_in(&word, seen, committed), Some(committed));
    }
}
