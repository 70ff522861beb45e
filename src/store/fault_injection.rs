//! A store in which a script can act before and after each load and each commit: a fault injector.
//!
//! A lost update needs another commit between a load and the commit that follows from it. On an
//! idle machine that gap is a few nanoseconds, and a test passes by luck. By default this store
//! yields after each load, and after each commit before it returns. So an unsynchronized step loses
//! updates every time, and a command that is acknowledged too early is detected.
//!
//! [`YieldAtEveryPoint`] is that default script. Another script can hold a step, fail it or panic
//! in it.

use std::ops::Deref;

use futures_util::future::BoxFuture;

use super::{BatchStore, ConditionalStore, Page, Store, SyncStore};
use crate::{
    domain::{Account, CommitError, LedgerEntry, Receipt, StoreError, UserId},
    sync::{Arc, task, thread},
};

/// A point at which a script can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailPoint {
    /// Before the account is loaded.
    Loading,
    /// After the account is loaded, before the step continues.
    Loaded,
    /// Before a receipt is committed.
    Committing,
    /// After the receipt is committed, before the call returns.
    Committed,
}

/// The action on a step that reaches a [`FailPoint`]. It may fail or panic there.
pub trait FaultScript: Send + Sync + 'static {
    /// Suspends a step on `user` at `point` until the returned future is ready.
    fn pass(&self, point: FailPoint, user: UserId) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Blocks the thread of a step on `user` at `point`, for a store that does not suspend.
    ///
    /// # Errors
    /// [`StoreError`] if the store must fail here.
    fn pass_sync(&self, point: FailPoint, user: UserId) -> Result<(), StoreError>;
}

/// Yields after each load and each commit.
#[derive(Debug, Clone, Copy)]
pub struct YieldAtEveryPoint;

impl FaultScript for YieldAtEveryPoint {
    fn pass(&self, point: FailPoint, _user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if point != FailPoint::Loading {
                task::yield_now().await;
            }
            Ok(())
        })
    }

    fn pass_sync(&self, point: FailPoint, _user: UserId) -> Result<(), StoreError> {
        if point != FailPoint::Loading {
            thread::yield_now();
        }
        Ok(())
    }
}

/// The store `S` under a script. With `IS_ASYNC` false, no call suspends, and each call blocks its
/// thread for as long as the script says.
pub struct FaultInjecting<S, const IS_ASYNC: bool = true> {
    store: S,
    script: Arc<dyn FaultScript>,
}

/// The entry of one user, with the user's id for the script.
pub struct FaultInjectingEntry<R> {
    inner: R,
    user: UserId,
}

impl<R: Deref> Deref for FaultInjectingEntry<R> {
    type Target = R::Target;

    fn deref(&self) -> &R::Target {
        &self.inner
    }
}

impl<S: Store, const IS_ASYNC: bool> FaultInjecting<S, IS_ASYNC> {
    /// Puts `script` between `store` and its callers.
    pub fn over(store: S, script: Arc<dyn FaultScript>) -> FaultInjecting<S, IS_ASYNC> {
        FaultInjecting { store, script }
    }

    async fn pass(&self, point: FailPoint, user: UserId) -> Result<(), StoreError> {
        if IS_ASYNC {
            self.script.pass(point, user).await
        } else {
            self.script.pass_sync(point, user)
        }
    }

    async fn before_commit(&self, user: UserId) -> Result<(), CommitError> {
        self.pass(FailPoint::Committing, user).await.map_err(CommitError::NotApplied)
    }

    /// An error after a write leaves its caller in doubt, although the receipt is `written`.
    async fn after_commit(&self, user: UserId, written: bool) -> Result<(), CommitError> {
        self.pass(FailPoint::Committed, user).await.map_err(|error| match written {
            true => CommitError::Indeterminate(error),
            false => CommitError::NotApplied(error),
        })
    }

    /// Unwinds on an error, because the synchronous calls return none.
    fn pass_sync(&self, point: FailPoint, user: UserId) {
        if let Err(error) = self.script.pass_sync(point, user) {
            std::panic::resume_unwind(Box::new(error));
        }
    }
}

impl<S: Store, const IS_ASYNC: bool> Store for FaultInjecting<S, IS_ASYNC> {
    const NAME: &'static str = S::NAME;
    const IS_ASYNC: bool = IS_ASYNC;
    const HAS_LATENCY: bool = S::HAS_LATENCY;
    const LOAD_IS_ATOMIC: bool = S::LOAD_IS_ATOMIC;
    type Config = S::Config;
    type PerUserState = S::PerUserState;
    type Entry<'a> = FaultInjectingEntry<S::Entry<'a>>;

    async fn open(config: &S::Config) -> Result<FaultInjecting<S, IS_ASYNC>, StoreError> {
        Ok(FaultInjecting::over(S::open(config).await?, Arc::new(YieldAtEveryPoint)))
    }

    fn entry(&self, user: UserId) -> Self::Entry<'_> {
        FaultInjectingEntry { inner: self.store.entry(user), user }
    }

    fn get(&self, user: UserId) -> Option<Self::Entry<'_>> {
        self.store.get(user).map(|inner| FaultInjectingEntry { inner, user })
    }

    fn load_without_lock(&self, entry: &Self::Entry<'_>) -> Option<Account> {
        self.store.load_without_lock(&entry.inner)
    }

    async fn load(&self, entry: &Self::Entry<'_>) -> Result<Account, StoreError> {
        self.pass(FailPoint::Loading, entry.user).await?;
        let account = self.store.load(&entry.inner).await?;
        self.pass(FailPoint::Loaded, entry.user).await?;
        Ok(account)
    }

    async fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<LedgerEntry, CommitError> {
        self.before_commit(entry.user).await?;
        let written = self.store.commit(&entry.inner, receipt).await?;
        self.after_commit(entry.user, true).await?;
        Ok(written)
    }

    async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, StoreError> {
        self.store.history(user, page).await
    }
}

impl<S: SyncStore, const IS_ASYNC: bool> SyncStore for FaultInjecting<S, IS_ASYNC> {
    fn load_sync(&self, entry: &Self::Entry<'_>) -> Account {
        self.pass_sync(FailPoint::Loading, entry.user);
        let account = self.store.load_sync(&entry.inner);
        self.pass_sync(FailPoint::Loaded, entry.user);
        account
    }

    fn commit_sync(&self, entry: &Self::Entry<'_>, receipt: &Receipt) -> LedgerEntry {
        self.pass_sync(FailPoint::Committing, entry.user);
        let written = self.store.commit_sync(&entry.inner, receipt);
        self.pass_sync(FailPoint::Committed, entry.user);
        written
    }
}

impl<S: ConditionalStore, const IS_ASYNC: bool> ConditionalStore for FaultInjecting<S, IS_ASYNC> {
    async fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> Result<Option<LedgerEntry>, CommitError> {
        self.before_commit(entry.user).await?;
        let written = self.store.commit_if_unchanged(&entry.inner, receipt).await?;
        self.after_commit(entry.user, written.is_some()).await?;
        Ok(written)
    }
}

impl<S: BatchStore, const IS_ASYNC: bool> BatchStore for FaultInjecting<S, IS_ASYNC> {
    async fn commit_all(
        &self,
        entry: &Self::Entry<'_>,
        receipts: &[Receipt],
    ) -> Result<Vec<LedgerEntry>, CommitError> {
        self.before_commit(entry.user).await?;
        let written = self.store.commit_all(&entry.inner, receipts).await?;
        self.after_commit(entry.user, !written.is_empty()).await?;
        Ok(written)
    }
}
