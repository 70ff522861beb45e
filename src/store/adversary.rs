//! A store that lets a script interfere around each load and each commit, so that a race that can
//! happen does, and so does every other misfortune that a step must survive.
//!
//! A lost update needs somebody else to commit between a load and the commit that follows from
//! it. On an idle machine that gap is a few nanoseconds and a test passes by luck. Here whoever has
//! loaded gives way to everybody else before it may go on, and before it is told that its commit
//! is done, so that an unguarded step loses updates every time and a promise kept too late is seen.
//!
//! That is [`StepAside`], the script that it is opened with. Another can hold a step in its middle,
//! fail it or panic.

use std::ops::Deref;

use futures_util::future::BoxFuture;

use super::{ConditionalStore, ImmediateStore, Page, Setup, Store};
use crate::{
    domain::{Account, Fault, LedgerEntry, Receipt, UserId},
    sync::{Arc, task, thread},
};

/// Where a step can be interfered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The account is about to be read.
    Loading,
    /// It has been read, and nothing has followed from it yet.
    Loaded,
    /// A receipt is about to be written.
    Committing,
    /// It has been written, and nobody has been told yet.
    Committed,
}

/// What happens to a step that passes a [`Point`]. It may fail or panic there.
pub trait Script: Send + Sync + 'static {
    /// Keeps a step on `user` that can be suspended at `point` until what this gives is done.
    fn pass(&self, point: Point, user: UserId) -> BoxFuture<'_, Result<(), Fault>>;

    /// Keeps the thread of a step on `user` that cannot be suspended.
    ///
    /// # Errors
    /// [`Fault`] if the store is to fail here.
    fn pass_now(&self, point: Point, user: UserId) -> Result<(), Fault>;
}

/// Gives way to everybody else after each load and each commit.
#[derive(Debug, Clone, Copy)]
pub struct StepAside;

impl Script for StepAside {
    fn pass(&self, point: Point, _user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            if point != Point::Loading {
                task::yield_now().await;
            }
            Ok(())
        })
    }

    fn pass_now(&self, point: Point, _user: UserId) -> Result<(), Fault> {
        if point != Point::Loading {
            thread::yield_now();
        }
        Ok(())
    }
}

/// The store `S`, as a script will have it. What cannot be suspended is told so by `SUSPENDS`: then
/// every call blocks its thread for as long as the script says.
pub struct Adversary<S, const SUSPENDS: bool = true> {
    store: S,
    script: Arc<dyn Script>,
}

/// The place of one user, which knows whose it is, as a script asks.
pub struct AdversaryRow<R> {
    row: R,
    user: UserId,
}

impl<R: Deref> Deref for AdversaryRow<R> {
    type Target = R::Target;

    fn deref(&self) -> &R::Target {
        &self.row
    }
}

impl<S: Store, const SUSPENDS: bool> Adversary<S, SUSPENDS> {
    /// Puts `script` between `store` and whoever calls it.
    pub fn over(store: S, script: Arc<dyn Script>) -> Adversary<S, SUSPENDS> {
        Adversary { store, script }
    }

    async fn pass(&self, point: Point, user: UserId) -> Result<(), Fault> {
        if SUSPENDS {
            self.script.pass(point, user).await
        } else {
            self.script.pass_now(point, user)
        }
    }

    /// A call that cannot fail has only one way to say that it did.
    fn pass_now(&self, point: Point, user: UserId) {
        if let Err(fault) = self.script.pass_now(point, user) {
            std::panic::resume_unwind(Box::new(fault));
        }
    }
}

impl<S: Store, const SUSPENDS: bool> Store for Adversary<S, SUSPENDS> {
    const NAME: &'static str = S::NAME;
    const SUSPENDS: bool = SUSPENDS;
    type Slot = S::Slot;
    type Row<'a> = AdversaryRow<S::Row<'a>>;

    fn open(setup: &Setup) -> Adversary<S, SUSPENDS> {
        Adversary::over(S::open(setup), Arc::new(StepAside))
    }

    fn row(&self, user: UserId) -> Self::Row<'_> {
        AdversaryRow { row: self.store.row(user), user }
    }

    fn find(&self, user: UserId) -> Option<Self::Row<'_>> {
        self.store.find(user).map(|row| AdversaryRow { row, user })
    }

    fn snapshot(&self, row: &Self::Row<'_>) -> Option<Account> {
        self.store.snapshot(&row.row)
    }

    async fn load(&self, row: &Self::Row<'_>) -> Result<Account, Fault> {
        self.pass(Point::Loading, row.user).await?;
        let account = self.store.load(&row.row).await?;
        self.pass(Point::Loaded, row.user).await?;
        Ok(account)
    }

    async fn commit(&self, row: &Self::Row<'_>, receipt: &Receipt) -> Result<(), Fault> {
        self.pass(Point::Committing, row.user).await?;
        self.store.commit(&row.row, receipt).await?;
        self.pass(Point::Committed, row.user).await
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        self.store.history(user, page).await
    }
}

impl<S: ImmediateStore, const SUSPENDS: bool> ImmediateStore for Adversary<S, SUSPENDS> {
    fn load_now(&self, row: &Self::Row<'_>) -> Account {
        self.pass_now(Point::Loading, row.user);
        let account = self.store.load_now(&row.row);
        self.pass_now(Point::Loaded, row.user);
        account
    }

    fn commit_now(&self, row: &Self::Row<'_>, receipt: &Receipt) {
        self.pass_now(Point::Committing, row.user);
        self.store.commit_now(&row.row, receipt);
        self.pass_now(Point::Committed, row.user);
    }
}

impl<S: ConditionalStore, const SUSPENDS: bool> ConditionalStore for Adversary<S, SUSPENDS> {
    async fn commit_if_unchanged(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> Result<bool, Fault> {
        self.pass(Point::Committing, row.user).await?;
        let won = self.store.commit_if_unchanged(&row.row, receipt).await?;
        self.pass(Point::Committed, row.user).await?;
        Ok(won)
    }
}
