//! Capabilities: what a store offers beyond single loads and single commits.
//!
//! Each capability is a trait, so a strategy asks for it in its bounds and the compiler refuses a
//! store without it. Where a database offers a capability in several ways, the way is a type: a
//! strategy over `TransactionalStore<RowLock>` does not compile on a store that has no row locks.

use std::future::Future;

use super::Store;
use crate::domain::{
    Account, Command, CommitError, LedgerEntry, OperationId, Outcome, Policy, Receipt, StoreError,
    UserId,
};

/// A store whose calls return at once, so that a thread may hold a blocking lock across them.
///
/// Its loads are consistent by themselves: [`Store::LOAD_IS_ATOMIC`] is true.
///
/// A blocking lock on a store that suspends does not compile:
///
/// ```compile_fail,E0271,E0277
/// use hotrow::{store::Simulated, strategy::{ConcurrencyStrategy, Mutex}};
///
/// fn fits<T: ConcurrencyStrategy>() {}
/// fits::<Mutex<Simulated<parking_lot::Mutex<()>>>>();
/// ```
///
/// The same lock on a store in memory compiles:
///
/// ```
/// use hotrow::{store::Memory, strategy::{ConcurrencyStrategy, Mutex}};
///
/// fn fits<T: ConcurrencyStrategy>() {}
/// fits::<Mutex<Memory<parking_lot::Mutex<()>>>>();
/// ```
pub trait SyncStore: Store {
    /// As [`Store::load`].
    fn load_sync(&self, entry: &Self::Entry<'_>) -> Account;
    /// As [`Store::commit`].
    fn commit_sync(&self, entry: &Self::Entry<'_>, receipt: &Receipt) -> LedgerEntry;
}

/// A store in which a commit can depend on what was read: a version column, a compare-and-set.
pub trait ConditionalStore: Store {
    /// Commits if the account still is `receipt.before`. `None` means that it was not, and that
    /// nothing was written.
    ///
    /// # Errors
    /// [`CommitError`] says whether it is certain that nothing was written.
    fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<Option<LedgerEntry>, CommitError>> + Send;
}

/// A store in which a load and the commit that follows from it can be one transaction.
///
/// The transaction is isolated in the way `I`. A store implements the trait once for each way that
/// it has.
pub trait TransactionalStore<I: Isolation>: Store {
    /// A transaction on one account.
    type Transaction<'a>: Transaction + Send
    where
        Self: 'a;

    /// Begins a transaction on the account of `entry`.
    ///
    /// # Errors
    /// [`StoreError`] if it did not begin. Nothing is written then.
    fn begin<'a>(
        &'a self,
        entry: &Self::Entry<'a>,
    ) -> impl Future<Output = Result<Self::Transaction<'a>, StoreError>> + Send;
}

/// A transaction on one account: one load, then a commit or a rollback.
///
/// A transaction that is dropped writes nothing. Its connection is either rolled back before its
/// next use or thrown away.
pub trait Transaction: Sized {
    /// Loads the account, isolated as the transaction is.
    ///
    /// # Errors
    /// [`StoreError`] if the account could not be read. A later [`commit`](Transaction::commit)
    /// fails too.
    fn load(&mut self) -> impl Future<Output = Result<Account, StoreError>> + Send;

    /// Writes `receipt.after` and the ledger entry, and ends the transaction.
    ///
    /// # Errors
    /// [`CommitError`] says whether it is certain that nothing was written. A conflict, on which
    /// the step may be done again, is [`Conflict`](crate::domain::StoreErrorKind::Conflict).
    fn commit(
        self,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<LedgerEntry, CommitError>> + Send;

    /// Ends the transaction without a write, as after a rejection.
    ///
    /// # Errors
    /// [`StoreError`] if the store did not confirm it. Nothing is written in either case.
    fn rollback(self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The way in which a transaction keeps others from its account between its load and its commit.
pub trait Isolation: Send + Sync + 'static {
    /// The name of the strategy that is made of it.
    const NAME: &'static str;
    /// Whether a command of one user may wait for one of another user.
    const BLOCKS_OTHER_USERS: bool = false;
}

/// The load locks the row of the account, as `SELECT .. FOR UPDATE` does.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowLock;

impl Isolation for RowLock {
    const NAME: &'static str = "row-lock";
}

/// A lock on the number of the user, which the transaction takes in a statement before its load. In
/// one statement with the load, the snapshot would be older than the lock.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdvisoryLock;

impl Isolation for AdvisoryLock {
    const NAME: &'static str = "advisory-lock";
}

/// The store lets transactions run side by side, and aborts one of two that conflict.
#[derive(Debug, Clone, Copy, Default)]
pub struct Serializable;

impl Isolation for Serializable {
    const NAME: &'static str = "serializable";
}

/// The transaction is the only writer of the whole store from its begin, as `BEGIN IMMEDIATE` makes
/// it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Immediate;

impl Isolation for Immediate {
    const NAME: &'static str = "immediate";
    const BLOCKS_OTHER_USERS: bool = true;
}

/// A store that decides a command where the data is, in the way `D`.
///
/// The rule stands twice then. A test must hold the store's own rule against
/// [`Command::decide`], for outcomes, reasons and the account that a rejection was decided on.
pub trait DecidingStore<D: Decision>: Store {
    /// Loads, decides and commits in one step of the store.
    ///
    /// # Errors
    /// [`Failure`](crate::domain::Failure), as a strategy that applies the rule itself returns it.
    fn execute(
        &self,
        entry: &Self::Entry<'_>,
        command: Command,
        policy: &Policy,
    ) -> impl Future<Output = Outcome> + Send;
}

/// The way in which a store decides a command.
pub trait Decision: Send + Sync + 'static {
    /// The name of the strategy that is made of it.
    const NAME: &'static str;
    /// Whether a command of one user may wait for one of another user.
    const BLOCKS_OTHER_USERS: bool = false;
}

/// One statement that updates the row if the rule allows it, and writes the ledger entry.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConditionalUpdate;

impl Decision for ConditionalUpdate {
    const NAME: &'static str = "conditional-update";
}

/// A function in the store, called in one round trip.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoredFunction;

impl Decision for StoredFunction {
    const NAME: &'static str = "stored-function";
}

/// A store that writes several receipts of one account at the price of one durable write.
pub trait BatchStore: Store {
    /// Commits `receipts`, each of which follows from the one before, all or none, and returns
    /// their ledger entries in the same order. A reader sees all of them or none.
    ///
    /// A store that several processes share writes nothing if the account is no longer as the first
    /// receipt found it, and returns a
    /// [`Conflict`](crate::domain::StoreErrorKind::Conflict).
    ///
    /// # Errors
    /// [`CommitError`] holds for all of them.
    fn commit_all(
        &self,
        entry: &Self::Entry<'_>,
        receipts: &[Receipt],
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, CommitError>> + Send;
}

/// A store that can say what became of a command whose outcome is indeterminate.
///
/// A read of the ledger alone is not final, because a commit that is still under way may land after
/// it. So the store makes an operation that it does not find impossible: it writes a tombstone under
/// the operation's unique id.
pub trait ResolvingStore: Store {
    /// Returns the ledger entry of operation `id` of `user`, or makes sure that there never is one.
    ///
    /// # Errors
    /// [`StoreError`] if the question is still open. The call may be repeated.
    fn resolve(
        &self,
        user: UserId,
        id: OperationId,
    ) -> impl Future<Output = Result<Resolution, StoreError>> + Send;
}

/// The final answer to whether an operation was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The operation is applied, once.
    Applied(LedgerEntry),
    /// The operation is not applied, and never will be.
    Never,
}
