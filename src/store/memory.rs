//! Accounts in memory, one 64-byte cell each.
//!
//! This store is almost free, so it shows the cost of a strategy itself. It never suspends, and
//! offers every capability. A cell holds the account in one atomic word, the place of the ledger's
//! last chunk, and the strategy's state. So a command reads one cache line, and writes its receipt
//! to one more.
//!
//! ```text
//! word   63         32 31          0      cell   word  tail  state . . . . .
//!        [ version   ] [ balance   ]             8     8     up to 48 bytes
//! ```

use std::{
    future::{Future, ready},
    ops::Deref,
};

use super::{
    ConditionalStore, Page, Store, StoreConfig, SyncStore, arena::Arena, directory::Directory,
    ledger::LedgerTail,
};
use crate::{
    clock::CoarseClock,
    domain::{Account, Fault, LedgerEntry, Receipt, UserId},
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

impl<L: Default + Send + Sync + 'static> Store for Memory<L> {
    const NAME: &'static str = "memory";
    const IS_ASYNC: bool = false;
    type PerUserState = L;
    type Entry<'a> = MemoryEntry<'a, L>;

    fn open(config: &StoreConfig) -> Memory<L> {
        Memory {
            cells: Directory::new(config.dense_users),
            arena: Arena::new(if config.ledger { config.ledger_entries } else { 0 }),
            keeps_ledger: config.ledger,
            tick: config.tick.clone(),
        }
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
    fn load(&self, entry: &Self::Entry<'_>) -> impl Future<Output = Result<Account, Fault>> + Send {
        ready(Ok(self.load_sync(entry)))
    }

    #[inline]
    fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        self.commit_sync(entry, receipt);
        ready(Ok(()))
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        let Some(cell) = self.cells.get(user).filter(|_| self.keeps_ledger) else {
            return Ok(Vec::new());
        };
        // Acquire: the reader sees the chunk of the newest line, and need not search for it.
        let newest = unpack(cell.word.load(Ordering::Acquire)).version;
        let last = newest.min(page.after.saturating_add(page.limit as u64));
        cell.tail.read(&self.arena, user, page.after, last)
    }

    async fn time_of(&self, user: UserId, version: u64) -> Result<Option<u64>, Fault> {
        let Some(cell) = self.cells.get(user).filter(|_| self.keeps_ledger) else {
            return Ok(None);
        };
        let newest = unpack(cell.word.load(Ordering::Acquire)).version;
        let exists = (1..=newest).contains(&version);
        exists.then(|| cell.tail.time_of(&self.arena, version)).transpose()
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
    fn commit_sync(&self, entry: &Self::Entry<'_>, receipt: &Receipt) {
        // The line comes first, so a reader that sees the new version never waits for its line.
        // Release, with the acquire in `load_sync`: that reader also sees what was acknowledged
        // before.
        self.write_line(entry, receipt);
        entry.0.word.store(pack(receipt.after), Ordering::Release);
    }
}

impl<L: Default + Send + Sync + 'static> ConditionalStore for Memory<L> {
    #[inline]
    fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<bool, Fault>> + Send {
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
        if result.is_ok() {
            self.write_line(entry, receipt);
        }
        ready(Ok(result.is_ok()))
    }
}

impl<L> Memory<L> {
    #[inline]
    fn write_line(&self, entry: &MemoryEntry<'_, L>, receipt: &Receipt) {
        if self.keeps_ledger {
            entry.0.tail.write(&self.arena, receipt, self.tick.millis());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::{Action, Amount, Command, OperationId};

    /// A cell of more than one cache line would cost a second cache miss on every command, and more
    /// than the guaranteed memory per idle user.
    #[test]
    fn a_cell_is_one_cache_line() {
        assert_eq!(size_of::<AccountCell<()>>(), 64);
        assert_eq!(size_of::<AccountCell<[u64; 6]>>(), 64);
    }

    /// `time_of` would wait for seconds for a version that no commit has reached yet.
    #[tokio::test]
    async fn only_an_existing_version_has_a_time() {
        let config = StoreConfig::default();
        let memory = Memory::<()>::open(&config);
        let user = UserId::new(1).unwrap();
        assert_eq!(memory.time_of(user, 1).await, Ok(None));
        config.tick.sync_with_system_clock();
        let command =
            Command { id: OperationId(1), user, action: Action::Charge(Amount::new(5).unwrap()) };
        let after = Account { balance: 5, version: 1 };
        let receipt = Receipt { command, before: Account::default(), after };
        memory.commit_sync(&memory.entry(user), &receipt);
        let times = [0, 1, 2].map(|version| memory.time_of(user, version).now_or_never());
        assert_eq!(times, [Some(Ok(None)), Some(Ok(Some(config.tick.millis()))), Some(Ok(None))]);
    }

    /// Packing must preserve both halves of the word, at both ends of their ranges.
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
