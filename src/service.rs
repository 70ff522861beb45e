//! The point service: charge, use, balance and history, over any strategy.
//!
//! [`PointService`] serves callers that know their strategy at compile time, as every measurement
//! does. [`DynPointService`] serves callers that choose the strategy at run time.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::Pin,
    task::Poll,
};

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    domain::{
        Account, Action, Amount, Command, Failure, Fault, LedgerEntry, OperationId, Outcome,
        Policy, StoreError, UserId,
    },
    store::{Page, Store, StoreConfig},
    strategy::ConcurrencyStrategy,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        task,
    },
};

/// An account, with the time of its last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: Account,
    /// The time at which its last command was written, in milliseconds since 1970; 0 if there was
    /// none, or if the store keeps no ledger.
    pub time_millis: u64,
}

/// The account after an applied command.
impl From<LedgerEntry> for Statement {
    fn from(entry: LedgerEntry) -> Statement {
        Statement { account: entry.receipt.after, time_millis: entry.time_millis }
    }
}

/// The largest first operation id of a service whose store keeps its accounts. Such a store knows the
/// ids of earlier services, and of those that run beside this one, and takes a known id for a
/// repetition. So each service counts from a random number. Two services with 2^40 operations each
/// have an id in common with a probability of 2^-21.
const KEPT_ID_MAX: u64 = 1 << 62;

/// The four functions over one strategy and its store.
pub struct PointService<T> {
    strategy: Arc<T>,
    next_id: AtomicU64,
}

impl<T: ConcurrencyStrategy> PointService<T> {
    /// Opens a store and a service over it.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be opened.
    pub async fn open(config: &StoreConfig, policy: Policy) -> Result<PointService<T>, StoreError> {
        let store = T::Store::open(&config.into()).await?;
        let mut service = PointService::over(T::new(store, policy));
        if config.keeps_accounts {
            service.next_id = AtomicU64::new(fastrand::u64(1..KEPT_ID_MAX));
        }
        Ok(service)
    }

    /// As [`open`](PointService::open), in a plain call, for a store in memory.
    ///
    /// # Errors
    /// As for [`Store::open_sync`].
    pub fn open_sync(config: &StoreConfig, policy: Policy) -> Result<PointService<T>, StoreError> {
        let store = T::Store::open_sync(&config.into())?;
        Ok(PointService::over(T::new(store, policy)))
    }

    /// Creates a service over a strategy that already has a store.
    pub fn over(strategy: T) -> PointService<T> {
        PointService { strategy: Arc::new(strategy), next_id: AtomicU64::new(1) }
    }

    /// Reads the account of `user`, with every command acknowledged before. An unknown user has 0
    /// points.
    ///
    /// # Errors
    /// [`Fault`] if the account could not be read.
    #[inline]
    pub async fn balance(&self, user: UserId) -> Result<Account, Fault> {
        match self.balance_sync(user) {
            Some(account) => Ok(account),
            None => self.strategy.read(user).await,
        }
    }

    /// As [`balance`](PointService::balance), in a plain call; `None` if the read has to suspend.
    #[inline(always)]
    pub fn balance_sync(&self, user: UserId) -> Option<Account> {
        self.strategy.read_sync(user)
    }

    /// Reads the ledger of `user`, oldest entry first, with every command acknowledged before.
    ///
    /// # Errors
    /// [`Fault`] if the ledger could not be read.
    pub async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        Ok(self.strategy.store().history(user, page).await?)
    }

    /// Reads the account of `user` with the time of its last change. An unknown user has time 0.
    ///
    /// # Errors
    /// [`Fault`] if the account or the ledger could not be read.
    pub async fn statement(&self, user: UserId) -> Result<Statement, Fault> {
        let account = self.balance(user).await?;
        let Some(after) = account.version.checked_sub(1) else {
            return Ok(Statement { account, time_millis: 0 });
        };
        let last = self.history(user, Page { after, limit: 1 }).await?;
        Ok(Statement { account, time_millis: last.first().map_or(0, |entry| entry.time_millis) })
    }

    /// Returns the number of failed commits that were retried, if the strategy counts them.
    pub fn retries(&self) -> Option<u64> {
        self.strategy.retries()
    }

    /// Adds `amount` to the balance of `user`.
    ///
    /// # Errors
    /// [`Failure`] says whether the command is rejected, not applied or indeterminate.
    pub async fn charge(&self, user: UserId, amount: Amount) -> Outcome {
        let id = self.next_id();
        self.execute_to_end(Command { id, user, action: Action::Charge(amount) }).await
    }

    /// Subtracts `amount` from the balance of `user`.
    ///
    /// # Errors
    /// [`Failure`] says whether the command is rejected, not applied or indeterminate.
    pub async fn use_points(&self, user: UserId, amount: Amount) -> Outcome {
        let id = self.next_id();
        self.execute_to_end(Command { id, user, action: Action::Use(amount) }).await
    }

    /// Executes a command in a plain call. `None` means that nothing was done, because the command
    /// would have to suspend: call [`execute`](PointService::execute) instead.
    ///
    /// # Errors
    /// [`Failure`] says whether the command is rejected, not applied or indeterminate.
    #[inline(always)]
    pub fn execute_sync(&self, command: Command) -> Option<Outcome> {
        self.strategy.execute_sync(command)
    }

    /// Executes a command whose id the caller has chosen.
    ///
    /// This is a direct call of the strategy. On an asynchronous store, a command that has begun
    /// must be polled to its end. Otherwise its balance may be written and its ledger entry not.
    /// [`execute_to_end`](PointService::execute_to_end) ensures that.
    ///
    /// # Errors
    /// [`Failure`] says whether the command is rejected, not applied or indeterminate.
    #[inline]
    pub async fn execute(&self, command: Command) -> Outcome {
        match self.execute_sync(command) {
            Some(outcome) => outcome,
            None => self.strategy.execute(command).await,
        }
    }

    /// Executes a command that, once begun, runs to its end even if the returned future is dropped.
    ///
    /// On an asynchronous store the command becomes a task of its own, which needs a tokio runtime.
    /// A caller that drops the future loses only the answer.
    ///
    /// # Errors
    /// [`Failure`] says whether the command is rejected, not applied or indeterminate.
    pub async fn execute_to_end(&self, command: Command) -> Outcome {
        if T::Store::IS_ASYNC {
            let strategy = Arc::clone(&self.strategy);
            return run_to_end(async move { strategy.execute(command).await }).await;
        }
        self.execute(command).await
    }

    /// Returns the id of a new command. No two commands of this service get the same one.
    pub fn next_id(&self) -> OperationId {
        // Relaxed: ids have to differ, and need no order.
        OperationId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// Polls `work` once in the calling task, so that commands arrive in the order of their first poll,
/// and runs the rest of it as a task.
async fn run_to_end(work: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    let mut work = Box::pin(work);
    match poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => finish(work).await,
    }
}

async fn finish(work: Pin<Box<impl Future<Output = Outcome> + Send + 'static>>) -> Outcome {
    match task::spawn(work).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => Err(Failure::Indeterminate(Fault::Panicked)),
        Err(_) => Err(Failure::Indeterminate(Fault::Abandoned)),
    }
}

/// The four functions, for a caller that chooses the strategy at run time.
///
/// A panic in a command becomes [`Fault::Panicked`] and does not reach the caller.
pub trait DynPointService: Send + Sync {
    /// As [`PointService::balance`].
    fn balance(&self, user: UserId) -> BoxFuture<'_, Result<Account, Fault>>;
    /// As [`PointService::history`].
    fn history(&self, user: UserId, page: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>>;
    /// As [`PointService::charge`].
    fn charge(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::use_points`].
    fn use_points(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::next_id`].
    fn next_id(&self) -> OperationId;
    /// As [`PointService::execute_to_end`].
    fn execute(&self, command: Command) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::statement`].
    fn statement(&self, user: UserId) -> BoxFuture<'_, Result<Statement, Fault>>;
    /// As [`PointService::execute_to_end`]; the future owns the service and may outlive the caller.
    fn execute_owned(self: Arc<Self>, command: Command) -> BoxFuture<'static, Outcome>;
}

impl<T: ConcurrencyStrategy> DynPointService for PointService<T> {
    fn balance(&self, user: UserId) -> BoxFuture<'_, Result<Account, Fault>> {
        catch_panic(self.balance(user))
    }

    fn history(&self, user: UserId, page: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>> {
        catch_panic(self.history(user, page))
    }

    fn charge(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome> {
        catch_panic(self.charge(user, amount))
    }

    fn use_points(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome> {
        catch_panic(self.use_points(user, amount))
    }

    fn next_id(&self) -> OperationId {
        self.next_id()
    }

    fn execute(&self, command: Command) -> BoxFuture<'_, Outcome> {
        catch_panic(self.execute_to_end(command))
    }

    fn statement(&self, user: UserId) -> BoxFuture<'_, Result<Statement, Fault>> {
        catch_panic(self.statement(user))
    }

    fn execute_owned(self: Arc<Self>, command: Command) -> BoxFuture<'static, Outcome> {
        catch_panic(async move { self.execute_to_end(command).await })
    }
}

/// Boxes `work` and turns a panic in it into a fault.
fn catch_panic<'a, T, E: From<Fault>>(
    work: impl Future<Output = Result<T, E>> + Send + 'a,
) -> BoxFuture<'a, Result<T, E>> {
    // Unwind safe: strategies keep their guarantees through a panic, which the contract suite
    // tests.
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.map(|ran| ran.unwrap_or_else(|_| Err(E::from(Fault::Panicked)))).boxed()
}
