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

    /// Returns the receipt that raises the balance from `before` by 5 points.
    fn charge(before: Account) -> Receipt {
        let user = UserId::new(1).unwrap();
        let id = OperationId(before.version + 1);
        let command = Command { id, user, action: Action::Charge(Amount::new(5).unwrap()) };
        let after = Account { balance: before.balance + 5, version: before.version + 1 };
        Receipt { command, before, after }
    }

    fn ledger(memory: &Memory<()>) -> Vec<LedgerEntry> {
        let history = memory.history(UserId::new(1).unwrap(), Page::ALL);
        history.now_or_never().unwrap().unwrap()
    }

    /// The answer to a client holds the entry that the commit returns, and nothing reads it again.
    #[test]
    fn a_commit_returns_the_entry_that_the_ledger_holds() {
        let config = StoreConfig::default();
        let memory = Memory::<()>::new(&config);
        let entry = memory.entry(UserId::new(1).unwrap());
        let first = memory.commit_sync(&entry, &charge(Account::default()));
        config.tick.advance(config.tick.millis() + 1_000);
        let next = charge(first.receipt.after);
        let second = memory.commit_if_unchanged(&entry, &next).now_or_never().unwrap().unwrap();
        let second = second.expect("the account is unchanged");
        assert_eq!(second.time_millis, config.tick.millis());
        assert_eq!(ledger(&memory), [first, second]);
        let stale = charge(Account::default());
        let failed = memory.commit_if_unchanged(&entry, &stale).now_or_never();
        assert_eq!(failed, Some(Ok(None)));
    }

    /// A store without a ledger has no entry with a time.
    #[test]
    fn a_commit_without_a_ledger_has_no_time() {
        let memory = Memory::<()>::new(&StoreConfig { ledger: false, ..StoreConfig::default() });
        let entry = memory.entry(UserId::new(1).unwrap());
        assert_eq!(memory.commit_sync(&entry, &charge(Account::default())).time_millis, 0);
        assert_eq!(ledger(&memory), []);
    }

    /// A batch ends at the account after its last receipt, and each receipt has its line.
    #[test]
    fn a_batch_commits_all_of_its_receipts() {
        let memory = Memory::<()>::new(&StoreConfig::default());
        let entry = memory.entry(UserId::new(1).unwrap());
        let mut receipts = vec![charge(Account::default())];
        for _ in 0..9 {
            receipts.push(charge(receipts[receipts.len() - 1].after));
        }
        let written = memory.commit_all(&entry, &receipts).now_or_never().unwrap().unwrap();
        assert!(written.iter().map(|entry| entry.receipt).eq(receipts));
        assert_eq!(ledger(&memory), written);
        assert_eq!(memory.load_sync(&entry), Account { balance: 50, version: 10 });
        assert_eq!(memory.commit_all(&entry, &[]).now_or_never(), Some(Ok(Vec::new())));
        assert_eq!(memory.load_sync(&entry), Account { balance: 50, version: 10 });
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
