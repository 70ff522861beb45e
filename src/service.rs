//! The point service: what it means to charge, to use, to ask for a balance and for a history,
//! whatever the strategy underneath.
//!
//! [`PointService`] is for callers that know their strategy when they are compiled, as everything
//! that is measured does. [`Points`] is the same for callers that choose at run time.

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
        Policy, UserId,
    },
    store::{Page, Setup, Store},
    strategy::ConcurrencyStrategy,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        task,
    },
};

/// An account, and when it became what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: Account,
    /// Milliseconds since 1970 at which its last command was written; 0 if there was none, or if the
    /// store keeps no ledger.
    pub time_millis: u64,
}

/// The four functions over one strategy and its store.
pub struct PointService<T> {
    strategy: Arc<T>,
    next_id: AtomicU64,
}

impl<T: ConcurrencyStrategy> PointService<T> {
    /// A service over an empty store.
    pub fn open(setup: &Setup, policy: Policy) -> PointService<T> {
        PointService::over(T::new(T::Store::open(setup), policy))
    }

    /// A service over a strategy that stands before its store already.
    pub fn over(strategy: T) -> PointService<T> {
        PointService { strategy: Arc::new(strategy), next_id: AtomicU64::new(1) }
    }

    /// The account of `user`, with everything acknowledged before. An unknown user has nothing.
    ///
    /// # Errors
    /// [`Fault`] if it could not be read.
    #[inline]
    pub async fn balance(&self, user: UserId) -> Result<Account, Fault> {
        match self.balance_at_once(user) {
            Some(account) => Ok(account),
            None => self.strategy.read(user).await,
        }
    }

    /// As [`balance`](PointService::balance) in a plain call, if that takes no suspending.
    #[inline(always)]
    pub fn balance_at_once(&self, user: UserId) -> Option<Account> {
        self.strategy.read_at_once(user)
    }

    /// What `user` has charged and used, oldest first, with everything acknowledged before.
    ///
    /// # Errors
    /// [`Fault`] if it could not be read.
    pub async fn history(&self, user: UserId, page: Page) -> Result<Vec<LedgerEntry>, Fault> {
        self.strategy.store().history(user, page).await
    }

    /// The account of `user` with the time at which it became what it is. An unknown user's is of no
    /// time.
    ///
    /// # Errors
    /// [`Fault`] if it could not be read.
    pub async fn statement(&self, user: UserId) -> Result<Statement, Fault> {
        let account = self.balance(user).await?;
        self.dated(user, account).await
    }

    /// As [`execute_to_end`](PointService::execute_to_end), and answers as
    /// [`statement`](PointService::statement) does of the account that the command left.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    pub async fn post(&self, command: Command) -> Result<Statement, Failure> {
        let receipt = self.execute_to_end(command).await?;
        Ok(self.dated(command.user, receipt.after).await?)
    }

    async fn dated(&self, user: UserId, account: Account) -> Result<Statement, Fault> {
        let time_millis = self.strategy.store().time_of(user, account.version).await?;
        Ok(Statement { account, time_millis: time_millis.unwrap_or(0) })
    }

    /// Losses of races after which a command was decided again, where the strategy counts them.
    pub fn retries(&self) -> Option<u64> {
        self.strategy.retries()
    }

    /// Adds `amount` to the balance of `user`.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    pub async fn charge(&self, user: UserId, amount: Amount) -> Outcome {
        let id = self.next_id();
        self.execute_to_end(Command { id, user, action: Action::Charge(amount) }).await
    }

    /// Takes `amount` from the balance of `user`.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    pub async fn use_points(&self, user: UserId, amount: Amount) -> Outcome {
        let id = self.next_id();
        self.execute_to_end(Command { id, user, action: Action::Use(amount) }).await
    }

    /// Executes a command in a plain call, if that takes no suspending. `None` says that nothing
    /// was done, and that [`execute`](PointService::execute) is to be asked.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    #[inline(always)]
    pub fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        self.strategy.execute_at_once(command)
    }

    /// Executes a command whose id its sender has chosen.
    ///
    /// Nothing stands between this and the strategy. On a store that suspends, a command that has
    /// begun must be polled to its end, or its balance may be written and its history
    /// not: [`execute_to_end`](PointService::execute_to_end) sees to that.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    #[inline]
    pub async fn execute(&self, command: Command) -> Outcome {
        match self.execute_at_once(command) {
            Some(outcome) => outcome,
            None => self.strategy.execute(command).await,
        }
    }

    /// Executes a command that runs to its end once it has begun, even if its caller goes away.
    ///
    /// On a store that suspends it becomes a task of its own, which needs a tokio runtime, and the
    /// caller that goes away only loses the answer.
    ///
    /// # Errors
    /// [`Failure`] says whether a rule was in the way or the outcome is not known.
    pub async fn execute_to_end(&self, command: Command) -> Outcome {
        if T::Store::SUSPENDS {
            let strategy = Arc::clone(&self.strategy);
            return run_to_end(async move { strategy.execute(command).await }).await;
        }
        self.execute(command).await
    }

    fn next_id(&self) -> OperationId {
        // Relaxed: ids have to differ, and need not be in any order.
        OperationId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// Polls `work` once in its place, so that commands arrive in the order in which their callers
/// first poll them, and runs the rest of it as a task.
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
        Err(cut_off) if cut_off.is_panic() => Err(Failure::Unknown(Fault::Panicked)),
        Err(_) => Err(Failure::Unknown(Fault::Abandoned)),
    }
}

/// The four functions, for a caller that picks the strategy at run time.
///
/// A panic in a command is answered as [`Fault::Panicked`] and goes no further.
pub trait Points: Send + Sync {
    /// As [`PointService::balance`].
    fn balance(&self, user: UserId) -> BoxFuture<'_, Result<Account, Fault>>;
    /// As [`PointService::history`].
    fn history(&self, user: UserId, page: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>>;
    /// As [`PointService::charge`].
    fn charge(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::use_points`].
    fn use_points(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::execute_to_end`].
    fn execute(&self, command: Command) -> BoxFuture<'_, Outcome>;
    /// As [`PointService::statement`].
    fn statement(&self, user: UserId) -> BoxFuture<'_, Result<Statement, Fault>>;
    /// As [`PointService::post`], and may outlive who asked.
    fn post(self: Arc<Self>, command: Command) -> BoxFuture<'static, Result<Statement, Failure>>;
}

impl<T: ConcurrencyStrategy> Points for PointService<T> {
    fn balance(&self, user: UserId) -> BoxFuture<'_, Result<Account, Fault>> {
        contained(self.balance(user))
    }

    fn history(&self, user: UserId, page: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>> {
        contained(self.history(user, page))
    }

    fn charge(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome> {
        contained(self.charge(user, amount))
    }

    fn use_points(&self, user: UserId, amount: Amount) -> BoxFuture<'_, Outcome> {
        contained(self.use_points(user, amount))
    }

    fn execute(&self, command: Command) -> BoxFuture<'_, Outcome> {
        contained(self.execute_to_end(command))
    }

    fn statement(&self, user: UserId) -> BoxFuture<'_, Result<Statement, Fault>> {
        contained(self.statement(user))
    }

    fn post(self: Arc<Self>, command: Command) -> BoxFuture<'static, Result<Statement, Failure>> {
        contained(async move { PointService::post(&self, command).await })
    }
}

/// Boxes `work` and answers a panic in it as a fault.
fn contained<'a, T, E: From<Fault>>(
    work: impl Future<Output = Result<T, E>> + Send + 'a,
) -> BoxFuture<'a, Result<T, E>> {
    // Unwind safe: strategies keep their promises through a panic, and the suite holds them to it.
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.map(|ran| ran.unwrap_or_else(|_| Err(E::from(Fault::Panicked)))).boxed()
}
