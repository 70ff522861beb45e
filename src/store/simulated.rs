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
    domain::{Account, Action, Amount, Command, Fault, LedgerEntry, OperationId, Receipt, UserId},
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

impl<L: Default + Send + Sync + 'static> Store for Simulated<L> {
    const NAME: &'static str = "simulated";
    const IS_ASYNC: bool = true;
    const HAS_LATENCY: bool = true;
    type PerUserState = L;
    type Entry<'a> = SimulatedEntry<'a, L>;

    fn open(config: &StoreConfig) -> Simulated<L> {
        Simulated {
            points: UserPointTable::new(config.latency, config.seed).with_timer(&config.timer),
            histories: PointHistoryTable::new(config.latency, config.seed.wrapping_add(1))
                .with_timer(&config.timer),
            per_user: SlotTable::new(),
            tick: config.tick.clone(),
        }
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

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, Fault> {
        let user = entry.0.user().value();
        let balance = self.points.select_by_id(user).await.point;
        let version = self.histories.count_by_user_id(user).await as u64;
        Ok(Account { balance, version })
    }

    async fn commit(&self, entry: &Self::Entry<'_>, receipt: &Receipt) -> Result<(), Fault> {
        let user = entry.0.user().value();
        let (transaction, amount) = match receipt.command.action {
            Action::Charge(amount) => (TransactionType::Charge, amount.points()),
            Action::Use(amount) => (TransactionType::Use, amount.points()),
        };
        let now = self.tick.millis();
        self.points.insert_or_update(user, receipt.after.balance, now).await;
        self.histories.insert(user, amount, transaction, now).await;
        Ok(())
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        let skip = usize::try_from(page.after).unwrap_or(usize::MAX);
        let mut account = Account::default();
        let records = self.histories.select_all_by_user_id(user.value()).await;
        let entries = records.iter().map(|record| {
            let entry = ledger_entry(record, user, account);
            account = entry.receipt.after;
            entry
        });
        Ok(entries.skip(skip).take(page.limit).collect())
    }

    /// Reads one row of the history: its time does not depend on the balances before it.
    async fn time_of(&self, user: UserId, version: u64) -> Result<Option<u64>, Fault> {
        let Some(before) = version.checked_sub(1) else { return Ok(None) };
        let skip = usize::try_from(before).unwrap_or(usize::MAX);
        let records = self.histories.select_page_by_user_id(user.value(), skip, 1).await;
        Ok(records.first().map(|record| record.time_millis))
    }
}

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
    use super::*;
    use crate::store::{VersionStamped, Versioned};

    /// Commits two charges with a clock step between them, and reads the time of each version and
    /// of the versions before and after.
    async fn check_times<S: Store>() {
        let config = StoreConfig::default();
        let (store, user) = (S::open(&config), UserId::new(1).unwrap());
        let mut before = Account::default();
        let mut times = Vec::new();
        for version in 1..=2 {
            let command = Command {
                id: OperationId(version),
                user,
                action: Action::Charge(Amount::new(5).unwrap()),
            };
            let after = Account { balance: before.balance + 5, version };
            store.commit(&store.entry(user), &Receipt { command, before, after }).await.unwrap();
            before = after;
            let line = store.history(user, Page { after: version - 1, limit: 1 }).await.unwrap();
            times.push(line[0].time_millis);
        }
        assert!(times[0] > 1, "a ledger entry has the time of the clock");
        for (version, expected) in
            [None, Some(times[0]), Some(times[1]), None].into_iter().enumerate()
        {
            assert_eq!(store.time_of(user, version as u64).await, Ok(expected), "{version}");
        }
    }

    /// The time of another version would date a balance wrongly.
    #[tokio::test]
    async fn every_version_has_the_time_of_its_entry() {
        check_times::<Simulated<()>>().await;
        check_times::<Versioned<Simulated<VersionStamped<()>>>>().await;
    }
}
