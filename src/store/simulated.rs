//! Accounts in the two given tables, with the latency that they simulate.
//!
//! This is the adapter between the tables and everything else, and the only module that knows both.
//! The tables keep balances and histories and offer nothing that makes a read and a later write one
//! step. So this store offers only single loads and single commits, and a strategy has to bring the
//! rest. The version of an account is the length of its history. The history table has no column
//! for an operation's id, so entries that are read back have [`OperationId::UNRECORDED`].

pub mod tables;

use std::ops::Deref;

use self::tables::{PointHistory, PointHistoryTable, TransactionType, UserPointTable};
use super::{
    Page, Store, StoreConfig,
    slot_table::{SlotGuard, SlotTable},
};
use crate::{
    clock::CoarseClock,
    domain::{
        Account, Action, Amount, Command, CommitError, LedgerEntry, OperationId, Receipt,
        StoreError, UserId,
    },
};

/// Accounts in the given tables, with a state `L` for each user in use.
pub struct Simulated<L> {
    points: UserPointTable,
    histories: PointHistoryTable,
    per_user: SlotTable<L>,
    tick: CoarseClock,
}

/// The state of one user. It exists while a caller holds it.
pub struct SimulatedEntry<'a, L>(SlotGuard<'a, L>);

impl<L: Default> Deref for SimulatedEntry<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0
    }
}

impl<L: Default> Simulated<L> {
    /// Creates an empty store.
    pub fn new(config: &StoreConfig) -> Simulated<L> {
        Simulated {
            points: UserPointTable::new(config.latency, config.seed).with_timer(&config.timer),
            histories: PointHistoryTable::new(config.latency, config.seed.wrapping_add(1))
                .with_timer(&config.timer),
            per_user: SlotTable::new(),
            tick: config.tick.clone(),
        }
    }
}

impl<L: Default + Send + Sync + 'static> Store for Simulated<L> {
    const NAME: &'static str = "simulated";
    const IS_ASYNC: bool = true;
    const HAS_LATENCY: bool = true;
    type Config = StoreConfig;
    type PerUserState = L;
    type Entry<'a> = SimulatedEntry<'a, L>;

    async fn open(config: &StoreConfig) -> Result<Simulated<L>, StoreError> {
        Ok(Simulated::new(config))
    }

    fn entry(&self, user: UserId) -> SimulatedEntry<'_, L> {
        SimulatedEntry(self.per_user.acquire(user))
    }

    fn get(&self, user: UserId) -> Option<SimulatedEntry<'_, L>> {
        Some(self.entry(user))
    }

    /// Always `None`: balance and version lie in two tables, and only a lock keeps them consistent.
    fn load_without_lock(&self, _entry: &Self::Entry<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        let user = entry.0.user().value();
        let balance = self.points.select_by_id(user).await.point;
        let version = self.histories.count_by_user_id(user).await as u64;
        Ok(Account { balance, version })
    }

    async fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        let user = entry.0.user().value();
        let (transaction, amount) = match receipt.command.action {
            Action::Charge(amount) => (TransactionType::Charge, amount.points()),
            Action::Use(amount) => (TransactionType::Use, amount.points()),
        };
        let now = self.tick.millis();
        self.points.insert_or_update(user, receipt.after.balance, now).await;
        let row = self.histories.insert(user, amount, transaction, now).await;
        Ok(LedgerEntry { receipt: *receipt, time_millis: row.time_millis })
    }

    /// Reads the rows up to the end of the page in parts, because the balance before a row is the
    /// sum of all rows before it.
    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        let end = usize::try_from(page.after).unwrap_or(usize::MAX).saturating_add(page.limit);
        let mut entries = Vec::new();
        let (mut account, mut read) = (Account::default(), 0);
        while read < end {
            let limit = ROWS_AT_ONCE.min(end - read);
            let rows = self.histories.select_page_by_user_id(user.value(), read, limit).await;
            for row in &rows {
                let entry = ledger_entry(row, user, account);
                account = entry.receipt.after;
                if page.after < account.version {
                    entries.push(entry);
                }
            }
            read += rows.len();
            if rows.len() < limit {
                break;
            }
        }
        Ok(entries)
    }
}

/// Rows of the history that are copied at a time, 40 KiB.
const ROWS_AT_ONCE: usize = 1_024;

/// Converts a row of the table. The table keeps no balances, so the balance after is computed from
/// the one before and the amount. A use of more than the balance leaves 0.
fn ledger_entry(record: &PointHistory, user: UserId, before: Account) -> LedgerEntry {
    let amount = Amount::new(record.amount).expect("the writer stored a valid amount");
    let (action, balance) = match record.transaction {
        TransactionType::Charge => (Action::Charge(amount), before.balance + record.amount),
        TransactionType::Use => (Action::Use(amount), before.balance.saturating_sub(record.amount)),
    };
    let command = Command { id: OperationId::UNRECORDED, user, action };
    let after = Account { balance, version: before.version + 1 };
    LedgerEntry { receipt: Receipt { command, before, after }, time_millis: record.time_millis }
}

#[cfg(test)]
#[cfg(not(any(shuttle, hotrow_loom)))]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::store::{VersionStamped, Versioned};

    /// Commits `versions` charges of 5 points, a second apart, and returns what each commit
    /// returned.
    async fn charge(
        store: &impl Store,
        user: UserId,
        versions: u64,
        tick: &CoarseClock,
    ) -> Vec<LedgerEntry> {
        let mut before = Account::default();
        let mut written = Vec::new();
        for version in 1..=versions {
            tick.advance(tick.millis() + 1_000);
            let action = Action::Charge(Amount::new(5).unwrap());
            let command = Command { id: OperationId(version), user, action };
            let after = Account { balance: before.balance + 5, version };
            let receipt = Receipt { command, before, after };
            written.push(store.commit(&store.entry(user), &receipt).await.unwrap());
            before = after;
        }
        written
    }

    /// The time of another version would date a balance wrongly.
    #[tokio::test]
    async fn a_commit_returns_the_time_that_the_history_shows() {
        async fn check<S: Store>() {
            let config = StoreConfig::default();
            let (store, user) =
                (S::open(&(&config).into()).await.unwrap(), UserId::new(1).unwrap());
            let written = charge(&store, user, 3, &config.tick).await;
            let history = store.history(user, Page::ALL).await.unwrap();
            let times = |entries: &[LedgerEntry]| -> Vec<u64> {
                entries.iter().map(|entry| entry.time_millis).collect()
            };
            assert_eq!(times(&history), times(&written));
            assert!(times(&written).is_sorted_by(|earlier, later| earlier < later));
        }
        check::<Simulated<()>>().await;
        check::<Versioned<Simulated<VersionStamped<()>>>>().await;
    }

    /// The balance before a page is the sum of the rows before it, also where the rows are read in
    /// several parts.
    #[tokio::test]
    async fn a_page_of_a_long_history_follows_from_the_rows_before_it() {
        let config = StoreConfig::default();
        let (store, user) = (Simulated::<()>::new(&config), UserId::new(1).unwrap());
        let versions = 2 * ROWS_AT_ONCE as u64 + 1;
        charge(&store, user, versions, &config.tick).await;
        let page = |after, limit| {
            let entries = store.history(user, Page { after, limit }).now_or_never().unwrap();
            entries.unwrap().into_iter().map(|entry| entry.receipt.after).collect::<Vec<_>>()
        };
        let account = |version| Account { balance: 5 * version, version };
        for after in [0, 1_000, 1_023, 1_024, versions - 1, versions, versions + 1, u64::MAX] {
            let expected: Vec<Account> =
                (after.saturating_add(1)..=versions).take(3).map(account).collect();
            assert_eq!(page(after, 3), expected, "after {after}");
        }
        assert_eq!(page(0, usize::MAX).len() as u64, versions);
    }
}
