//! Accounts in the two given tables, with the latency that they simulate.
//!
//! The adapter between the tables and everything else, and the only one who knows both. The tables
//! keep a balance and a history and nothing that would make a read and a later write one step, so
//! this store offers no more than single loads and single commits: a strategy has to bring the
//! rest. The version of an account is the length of its history. The history table has no column
//! for an operation's id, so entries read back carry [`OperationId::UNRECORDED`].

use std::ops::Deref;

use super::{
    Page, Setup, Store,
    lease::{Lease, Leases},
};
use crate::{
    clock::Tick,
    database::{PointHistory, PointHistoryTable, TransactionType, UserPointTable},
    domain::{Account, Action, Amount, Command, Fault, LedgerEntry, OperationId, Receipt, UserId},
};

/// Accounts in the given tables, with a slot `L` for each user that is being served.
pub struct Tables<L> {
    points: UserPointTable,
    histories: PointHistoryTable,
    slots: Leases<L>,
    tick: Tick,
}

/// The slot of one user, which lasts for as long as somebody holds it.
pub struct TableRow<'a, L>(Lease<'a, L>);

impl<L: Default> Deref for TableRow<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.0
    }
}

impl<L: Default + Send + Sync + 'static> Store for Tables<L> {
    const NAME: &'static str = "tables";
    const SUSPENDS: bool = true;
    type Slot = L;
    type Row<'a> = TableRow<'a, L>;

    fn open(setup: &Setup) -> Tables<L> {
        Tables {
            points: UserPointTable::new(setup.latency, setup.seed).with_timer(&setup.timer),
            histories: PointHistoryTable::new(setup.latency, setup.seed.wrapping_add(1))
                .with_timer(&setup.timer),
            slots: Leases::new(),
            tick: setup.tick.clone(),
        }
    }

    fn row(&self, user: UserId) -> TableRow<'_, L> {
        TableRow(self.slots.hold(user))
    }

    fn find(&self, user: UserId) -> Option<TableRow<'_, L>> {
        Some(self.row(user))
    }

    /// Never: balance and version lie in two tables, and only a turn keeps them together.
    fn snapshot(&self, _row: &Self::Row<'_>) -> Option<Account> {
        None
    }

    async fn load(&self, row: &Self::Row<'_>) -> Result<Account, Fault> {
        let user = row.0.user().value();
        let balance = self.points.select_by_id(user).await.point;
        let version = self.histories.count_by_user_id(user).await as u64;
        Ok(Account { balance, version })
    }

    async fn commit(&self, row: &Self::Row<'_>, receipt: &Receipt) -> Result<(), Fault> {
        let user = row.0.user().value();
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
        let rows = self.histories.select_all_by_user_id(user.value()).await;
        let entries = rows.iter().map(|row| {
            let entry = entry(row, user, account);
            account = entry.receipt.after;
            entry
        });
        Ok(entries.skip(skip).take(page.limit).collect())
    }

    /// Looks at the one row: what the balances before it were, its time does not depend on.
    async fn time_of(&self, user: UserId, version: u64) -> Result<Option<u64>, Fault> {
        let Some(before) = version.checked_sub(1) else { return Ok(None) };
        let skip = usize::try_from(before).unwrap_or(usize::MAX);
        let rows = self.histories.select_page_by_user_id(user.value(), skip, 1).await;
        Ok(rows.first().map(|row| row.time_millis))
    }
}

/// The entry that `row` stands for. The table does not say what the balance was, so it is the one
/// before and the amount; a row that takes away more than was there leaves nothing.
fn entry(row: &PointHistory, user: UserId, before: Account) -> LedgerEntry {
    let amount = Amount::new(row.amount).expect("only amounts are written to the history");
    let (action, balance) = match row.transaction {
        TransactionType::Charge => (Action::Charge(amount), before.balance + row.amount),
        TransactionType::Use => (Action::Use(amount), before.balance.saturating_sub(row.amount)),
    };
    let command = Command { id: OperationId::UNRECORDED, user, action };
    let after = Account { balance, version: before.version + 1 };
    LedgerEntry { receipt: Receipt { command, before, after }, time_millis: row.time_millis }
}

#[cfg(test)]
#[cfg(not(any(shuttle, hotrow_loom)))]
mod tests {
    use super::*;
    use crate::store::{Stamped, Versioned};

    /// Commits two charges, the clock moved between them, and asks for the time of each version and of
    /// those beside them.
    async fn tells_times<S: Store>() {
        let setup = Setup::default();
        let (store, user) = (S::open(&setup), UserId::new(1).unwrap());
        let mut before = Account::default();
        let mut times = Vec::new();
        for version in 1..=2 {
            let command = Command {
                id: OperationId(version),
                user,
                action: Action::Charge(Amount::new(5).unwrap()),
            };
            let after = Account { balance: before.balance + 5, version };
            store.commit(&store.row(user), &Receipt { command, before, after }).await.unwrap();
            before = after;
            let line = store.history(user, Page { after: version - 1, limit: 1 }).await.unwrap();
            times.push(line[0].time_millis);
        }
        assert!(times[0] > 1, "a line carries the time of the clock");
        for (version, expected) in
            [None, Some(times[0]), Some(times[1]), None].into_iter().enumerate()
        {
            assert_eq!(store.time_of(user, version as u64).await, Ok(expected), "{version}");
        }
    }

    /// A time of another version, or of none, would date a balance wrongly.
    #[tokio::test]
    async fn every_version_has_the_time_of_its_line() {
        tells_times::<Tables<()>>().await;
        tells_times::<Versioned<Tables<Stamped<()>>>>().await;
    }
}
