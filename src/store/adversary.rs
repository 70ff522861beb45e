//! A store that steps aside after each load, so that a race that can happen does.
//!
//! A lost update needs somebody else to commit between a load and the commit that follows from
//! it. On an idle machine that gap is a few nanoseconds and a test passes by luck. Here whoever has
//! loaded gives way to everybody else before it may go on, and before it is told that its commit
//! is done, so that an unguarded step loses updates every time and a promise kept too late is seen.

use std::thread;

use tokio::task;

use super::{ConditionalStore, ImmediateStore, Page, Setup, Store};
use crate::domain::{Account, Fault, LedgerEntry, Receipt, UserId};

/// The store `S`, with everybody else's turn between a load and what follows it.
pub struct Adversary<S>(S);

impl<S: Store> Store for Adversary<S> {
    const NAME: &'static str = S::NAME;
    const SUSPENDS: bool = true;
    type Slot = S::Slot;
    type Row<'a> = S::Row<'a>;

    fn open(setup: &Setup) -> Adversary<S> {
        Adversary(S::open(setup))
    }

    fn row(&self, user: UserId) -> S::Row<'_> {
        self.0.row(user)
    }

    fn find(&self, user: UserId) -> Option<S::Row<'_>> {
        self.0.find(user)
    }

    fn snapshot(&self, row: &S::Row<'_>) -> Option<Account> {
        self.0.snapshot(row)
    }

    async fn load(&self, row: &S::Row<'_>) -> Result<Account, Fault> {
        let account = self.0.load(row).await;
        task::yield_now().await;
        account
    }

    async fn commit(&self, row: &S::Row<'_>, receipt: &Receipt) -> Result<(), Fault> {
        let done = self.0.commit(row, receipt).await;
        task::yield_now().await;
        done
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        self.0.history(user, page).await
    }
}

impl<S: ImmediateStore> ImmediateStore for Adversary<S> {
    fn load_now(&self, row: &S::Row<'_>) -> Account {
        let account = self.0.load_now(row);
        thread::yield_now();
        account
    }

    fn commit_now(&self, row: &S::Row<'_>, receipt: &Receipt) {
        self.0.commit_now(row, receipt);
        thread::yield_now();
    }
}

impl<S: ConditionalStore> ConditionalStore for Adversary<S> {
    async fn commit_if_unchanged(
        &self,
        row: &S::Row<'_>,
        receipt: &Receipt,
    ) -> Result<bool, Fault> {
        let won = self.0.commit_if_unchanged(row, receipt).await;
        task::yield_now().await;
        won
    }
}
