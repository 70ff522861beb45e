//! Accounts in memory, one 64-byte cell each, next to free.
//!
//! The store that shows what a strategy itself costs: it never suspends, and offers every
//! capability. A cell holds the account in one atomic word, the place of the ledger's last chunk,
//! and the strategy's slot. So a command touches one cache line for all it needs to know, and one
//! more to write its receipt.
//!
//! ```text
//! word   63         32 31          0      cell   word  tail  slot . . . . . .
//!        [ version   ] [ balance   ]             8     8     up to 48 bytes
//! ```

use std::{
    future::{Future, ready},
    ops::Deref,
};

use super::{
    ConditionalStore, ImmediateStore, Page, Setup, Store, arena::Arena, directory::Directory,
    ledger::Tail,
};
use crate::{
    clock::Tick,
    domain::{Account, Fault, LedgerEntry, Receipt, UserId},
    sync::atomic::{AtomicU64, Ordering},
};

/// Accounts in memory, with a slot `L` beside each.
pub struct Slab<L> {
    cells: Directory<Cell<L>>,
    arena: Arena,
    /// Whether lines are written to it.
    keeps_history: bool,
    tick: Tick,
}

#[repr(align(64))]
#[derive(Default)]
struct Cell<L> {
    word: AtomicU64,
    tail: Tail,
    slot: L,
}

/// The cell of one user.
pub struct SlabRow<'a, L>(&'a Cell<L>);

impl<L> Deref for SlabRow<'_, L> {
    type Target = L;

    #[inline]
    fn deref(&self) -> &L {
        &self.0.slot
    }
}

#[inline]
fn pack(account: Account) -> u64 {
    account.version << 32 | account.balance
}

#[inline]
fn unpack(word: u64) -> Account {
    Account { balance: word & u64::from(u32::MAX), version: word >> 32 }
}

impl<L: Default + Send + Sync + 'static> Store for Slab<L> {
    const NAME: &'static str = "slab";
    const SUSPENDS: bool = false;
    type Slot = L;
    type Row<'a> = SlabRow<'a, L>;

    fn open(setup: &Setup) -> Slab<L> {
        Slab {
            cells: Directory::new(setup.dense_users),
            arena: Arena::new(if setup.history { setup.ledger_entries } else { 0 }),
            keeps_history: setup.history,
            tick: setup.tick.clone(),
        }
    }

    #[inline]
    fn row(&self, user: UserId) -> SlabRow<'_, L> {
        SlabRow(self.cells.find_or_make(user))
    }

    #[inline]
    fn find(&self, user: UserId) -> Option<SlabRow<'_, L>> {
        self.cells.find(user).map(SlabRow)
    }

    #[inline]
    fn snapshot(&self, row: &Self::Row<'_>) -> Option<Account> {
        Some(self.load_now(row))
    }

    #[inline]
    fn load(&self, row: &Self::Row<'_>) -> impl Future<Output = Result<Account, Fault>> + Send {
        ready(Ok(self.load_now(row)))
    }

    #[inline]
    fn commit(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        self.commit_now(row, receipt);
        ready(Ok(()))
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        let Some(cell) = self.cells.find(user).filter(|_| self.keeps_history) else {
            return Ok(Vec::new());
        };
        // Acquire: the chunk of the newest line is seen, and need not be looked for.
        let newest = unpack(cell.word.load(Ordering::Acquire)).version;
        let last = newest.min(page.after.saturating_add(page.limit as u64));
        cell.tail.read(&self.arena, user, page.after, last)
    }

    async fn time_of(&self, user: UserId, version: u64) -> Result<Option<u64>, Fault> {
        let Some(cell) = self.cells.find(user).filter(|_| self.keeps_history) else {
            return Ok(None);
        };
        let newest = unpack(cell.word.load(Ordering::Acquire)).version;
        let is_there = (1..=newest).contains(&version);
        is_there.then(|| cell.tail.time_of(&self.arena, version)).transpose()
    }
}

impl<L: Default + Send + Sync + 'static> ImmediateStore for Slab<L> {
    #[inline]
    fn load_now(&self, row: &Self::Row<'_>) -> Account {
        // Acquire, with the release of whoever wrote the word: all that was acknowledged before it is
        // seen as well, on whatever account.
        unpack(row.0.word.load(Ordering::Acquire))
    }

    #[inline]
    fn commit_now(&self, row: &Self::Row<'_>, receipt: &Receipt) {
        // The line first: a reader that sees the new version then never waits for its line. Release,
        // with the acquire in `load_now`: what was acknowledged before is seen with it.
        self.write_line(row, receipt);
        row.0.word.store(pack(receipt.after), Ordering::Release);
    }
}

impl<L: Default + Send + Sync + 'static> ConditionalStore for Slab<L> {
    #[inline]
    fn commit_if_unchanged(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<bool, Fault>> + Send {
        // Release, so that what led to this word is seen with it, by the acquire in `load_now`. The
        // word that is replaced was acquired by the load that the receipt comes from; one that is
        // not is read again by the next load, so nothing is learnt from it here.
        let won = row.0.word.compare_exchange(
            pack(receipt.before),
            pack(receipt.after),
            Ordering::Release,
            Ordering::Relaxed,
        );
        // The line second: only a winner owns one. Until it is written, `history` waits for it.
        if won.is_ok() {
            self.write_line(row, receipt);
        }
        ready(Ok(won.is_ok()))
    }
}

impl<L> Slab<L> {
    #[inline]
    fn write_line(&self, row: &SlabRow<'_, L>, receipt: &Receipt) {
        if self.keeps_history {
            row.0.tail.write(&self.arena, receipt, self.tick.millis());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::{Action, Amount, Command, OperationId};

    /// A cell of more than one cache line would cost a second miss on every command, and more
    /// than the bytes an idle user is promised to cost.
    #[test]
    fn a_cell_is_one_cache_line() {
        assert_eq!(size_of::<Cell<()>>(), 64);
        assert_eq!(size_of::<Cell<[u64; 6]>>(), 64);
    }

    /// A time of a version that nobody has won yet would be waited for, for seconds.
    #[tokio::test]
    async fn only_a_version_that_is_there_has_a_time() {
        let setup = Setup::default();
        let slab = Slab::<()>::open(&setup);
        let user = UserId::new(1).unwrap();
        assert_eq!(slab.time_of(user, 1).await, Ok(None));
        setup.tick.follow_system();
        let command =
            Command { id: OperationId(1), user, action: Action::Charge(Amount::new(5).unwrap()) };
        let after = Account { balance: 5, version: 1 };
        let receipt = Receipt { command, before: Account::default(), after };
        slab.commit_now(&slab.row(user), &receipt);
        let times = [0, 1, 2].map(|version| slab.time_of(user, version).now_or_never());
        assert_eq!(times, [Some(Ok(None)), Some(Ok(Some(setup.tick.millis()))), Some(Ok(None))]);
    }

    /// The packed word must bring back what went in, at both ends of both halves.
    #[test]
    fn an_account_survives_its_word() {
        for balance in [0, 1, u64::from(u32::MAX)] {
            for version in [0, 1, u64::from(u32::MAX)] {
                let account = Account { balance, version };
                assert_eq!(unpack(pack(account)), account);
            }
        }
    }
}
