//! Accounts in memory, one 64-byte cell each.
//!
//! This store is almost free, so it shows the cost of a strategy itself. It never suspends, and
//! offers every capability that makes sense without a database. A cell holds the account in one atomic word, the place of the ledger's
//! last chunk, and the strategy's state. So a command reads one cache line, and writes its receipt
//! to one more.
//!
//! ```text
//! word   63         32 31          0      cell   word  tail  state . . . . .
//!        [ version   ] [ balance   ]             8     8     up to 48 bytes
//! ```

#[cfg(all(test, hotrow_loom))]
mod models;

use std::{
    future::{Future, ready},
    ops::Deref,
};

use super::{
    BatchStore, ConditionalStore, Page, Store, StoreConfig, SyncStore, arena::Arena,
    directory::Directory, ledger::LedgerTail,
};
use crate::{
    clock::CoarseClock,
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, UserId},
    sync::atomic::{AtomicU64, Ordering},
};

/// Accounts in memory, with the state `L` beside each.
pub struct Memory<L> {
    cells: Directory<AccountCell<L>>,
    arena: Arena,
    /// Whether receipts are written to the arena.
    keeps_ledger: bool,
    tick: CoarseClock,
}

#[repr(align(64))]
#[derive(Default)]
struct AccountCell<L> {
    word: AtomicU64,
    tail: LedgerTail,
    state: L,
}

/// The cell of one user.
pub struct MemoryEntry<'a, L>(&'a AccountCell<L>);

impl<L> Deref for MemoryEntry<'_, L> {
    type Target = L;

    #[inline]
    fn deref(&self) -> &L {
        &self.0.state
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

impl<L: Default> Memory<L> {
    /// Creates an empty store.
    pub fn new(config: &StoreConfig) -> Memory<L> {
        Memory {
            cells: Directory::new(config.dense_users),
            arena: Arena::new(if config.ledger { config.ledger_entries } else { 0 }),
            keeps_ledger: config.ledger,
            tick: config.tick.clone(),
        }
    }
}

impl<L: Default + Send + Sync + 'static> Store for Memory<L> {
    const NAME: &'static str = "memory";
    const IS_ASYNC: bool = false;
    const LOAD_IS_ATOMIC: bool = true;
    type Config = StoreConfig;
    type PerUserState = L;
    type Entry<'a> = MemoryEntry<'a, L>;

    async fn open(config: &StoreConfig) -> Result<Memory<L>, StoreError> {
        Ok(Memory::new(config))
    }

    #[inline]
    fn entry(&self, user: UserId) -> MemoryEntry<'_, L> {
        MemoryEntry(self.cells.get_or_insert(user))
    }

    #[inline]
    fn get(&self, user: UserId) -> Option<MemoryEntry<'_, L>> {
        self.cells.get(user).map(MemoryEntry)
    }

    #[inline]
    fn load_without_lock(&self, entry: &Self::Entry<'_>) -> Option<Account> {
        Some(self.load_sync(entry))
    }

    #[inline]
    fn load(
        &self,
        entry: &Self::Entry<'_>,
    ) -> impl Future<Output = Result<Account, StoreError>> + Send {
        ready(Ok(self.load_sync(entry)))
    }

    #[inline]
    fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<LedgerEntry, CommitError>> + Send {
        ready(Ok(self.commit_sync(entry, receipt)))
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        let Some(cell) = self.cells.get(user).filter(|_| self.keeps_ledger) else {
            return Ok(Vec::new());
        };
        // Acquire: the reader sees the chunk of the newest line, and need not search for it.
        let newest = unpack(cell.word.load(Ordering::Acquire)).version;
        let last = newest.min(page.after.saturating_add(page.limit as u64));
        cell.tail.read(&self.arena, user, page.after, last)
    }
}

impl<L: Default + Send + Sync + 'static> SyncStore for Memory<L> {
    #[inline]
    fn load_sync(&self, entry: &Self::Entry<'_>) -> Account {
        // Acquire, with the release of the commit that wrote the word: the reader also sees
        // everything that was acknowledged before it, on any account.
        unpack(entry.0.word.load(Ordering::Acquire))
    }

    #[inline]
    fn commit_sync(&self, entry: &Self::Entry<'_>, receipt: &Receipt) -> LedgerEntry {
        // The line comes first, so a reader that sees the new version never waits for its line.
        // Release, with the acquire in `load_sync`: that reader also sees what was acknowledged
        // before.
        let written = self.write_line(entry, receipt);
        entry.0.word.store(pack(receipt.after), Ordering::Release);
        written
    }
}

impl<L: Default + Send + Sync + 'static> ConditionalStore for Memory<L> {
    #[inline]
    fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<Option<LedgerEntry>, CommitError>> + Send {
        // Release, with the acquire in `load_sync`: a reader of this word sees the writes that led
        // to it. The load that the receipt comes from has acquired the replaced word. On a failure
        // the next load reads the word again, so nothing is acquired here.
        let result = entry.0.word.compare_exchange(
            pack(receipt.before),
            pack(receipt.after),
            Ordering::Release,
            Ordering::Relaxed,
        );
        // The line comes second: only the winner owns one. `history` waits until it is written.
        ready(Ok(result.is_ok().then(|| self.write_line(entry, receipt))))
    }
}

impl<L: Default + Send + Sync + 'static> BatchStore for Memory<L> {
    fn commit_all(
        &self,
        entry: &Self::Entry<'_>,
        receipts: &[Receipt],
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, CommitError>> + Send {
        // As in `commit_sync`. A reader sees the lines through the version in the word, so one store
        // to the word publishes all of them.
        let written = receipts.iter().map(|receipt| self.write_line(entry, receipt)).collect();
        if let Some(last) = receipts.last() {
            entry.0.word.store(pack(last.after), Ordering::Release);
        }
        ready(Ok(written))
    }
}

impl<L> Memory<L> {
    #[inline]
    fn write_line(&self, entry: &MemoryEntry<'_, L>, receipt: &Receipt) -> LedgerEntry {
        let mut written = LedgerEntry { receipt: *receipt, time_millis: 0 };
        if self.keeps_ledger {
            written.time_millis = self.tick.millis();
            entry.0.tail.write(&self.arena, receipt, written.time_millis);
        }
        written
    }
}

#[cfg(test)]
mod tests;
