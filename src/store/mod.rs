//! Stores: where accounts live.
//!
//! A store makes single loads and single commits. It guarantees nothing about a load and the commit
//! that follows it: that guarantee is the task of [`crate::strategy`]. A strategy asks for a
//! capability, a store offers it, and a pair that does not fit does not compile: a blocking lock on
//! a store that suspends is a type error.
//!
//! ```text
//! Store { open, entry, load, commit, history }         every store
//!  |- SyncStore          { load_sync, commit_sync }    never suspends: a thread may hold a lock
//!  |- ConditionalStore   { commit_if_unchanged }       a write that depends on what was read
//!  |- TransactionalStore { begin -> Transaction }      load and commit in one transaction
//!  |- DecidingStore      { execute }                   the rule runs where the data is
//!  |- BatchStore         { commit_all }                many receipts in one durable write
//!  |- ResolvingStore     { resolve }                   what became of an indeterminate command
//!
//! Memory               in memory, almost free; SyncStore, ConditionalStore, BatchStore
//! Simulated            the two given tables and their latency; Store alone
//! Versioned<S>         adds a conditional commit to any store
//! FaultInjecting<S>    yields after each load, so that a possible race occurs; or holds, fails
//!                      or panics in a step, as a script says
//! ```
//!
//! The store keeps the strategy's state for one user beside the account, and one look-up finds
//! both. So no strategy has a map of its own, none leaks one, and no measurement includes one.
//!
//! Every error is typed by what it means for the command. A failed load is a [`StoreError`]: the
//! command is certainly not applied. A failed commit is a [`CommitError`], which says whether that
//! is certain.

mod arena;
mod capability;
mod config;
mod directory;
mod fault_injection;
mod ledger;
mod memory;
#[cfg(all(test, hotrow_loom))]
pub(crate) mod models;
pub mod simulated;
mod slot_table;
mod versioned;

use std::{future::Future, ops::Deref};

use futures_util::FutureExt;

pub use self::{
    capability::{
        AdvisoryLock, BatchStore, ConditionalStore, ConditionalUpdate, DecidingStore, Decision,
        Immediate, Isolation, Resolution, ResolvingStore, RowLock, Serializable, StoredFunction,
        SyncStore, Transaction, TransactionalStore,
    },
    config::StoreConfig,
    fault_injection::{
        FailPoint, FaultInjecting, FaultInjectingEntry, FaultScript, YieldAtEveryPoint,
    },
    memory::{Memory, MemoryEntry},
    simulated::{Simulated, SimulatedEntry},
    slot_table::{SlotGuard, SlotTable},
    versioned::{VersionStamped, Versioned, VersionedEntry},
};
use crate::domain::{
    Account, CommitError, LedgerEntry, Receipt, StoreError, StoreErrorKind, UserId,
};

/// A part of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The page starts after this version; 0 starts at the first entry.
    pub after: u64,
    /// The largest number of entries in the page.
    pub limit: usize,
}

impl Page {
    /// The whole history.
    pub const ALL: Page = Page { after: 0, limit: usize::MAX };
}

/// Keeps accounts, their ledgers, and a strategy's state for each user beside them.
///
/// Each call is atomic by itself. `load` returns a consistent account, as it was at one moment
/// during the call, if no commit to it runs meanwhile.
/// [`load_without_lock`](Store::load_without_lock) returns a consistent account even while commits
/// run.
pub trait Store: Send + Sync + Sized + 'static {
    /// The name in reports, in test names and on the command line.
    const NAME: &'static str;
    /// Whether a call may suspend. If so, a caller that is dropped could leave a commit half done,
    /// so the service runs such commands as tasks of their own.
    const IS_ASYNC: bool;
    /// Whether calls take simulated time, as [`StoreConfig::latency`] says.
    const HAS_LATENCY: bool = false;
    /// Whether [`load`](Store::load) returns a consistent account even while a commit runs, as one
    /// statement of a database does. A read of the balance then waits for no lock.
    const LOAD_IS_ATOMIC: bool = false;
    /// Whether calls do I/O, and take real time: a file or a server is behind them. Their sockets and
    /// timers need a runtime that has both.
    const PERFORMS_IO: bool = false;
    /// What the store is opened with: [`StoreConfig`] itself, or the store's own options, which
    /// take from a [`StoreConfig`] what applies to them.
    type Config: Clone + Default + std::fmt::Debug + Send + Sync + for<'a> From<&'a StoreConfig>;
    /// The state that a strategy keeps for one user.
    type PerUserState: Default + Send + Sync + 'static;
    /// A handle to one user. While it lives, every caller that asks for the user gets the same
    /// state.
    type Entry<'a>: Deref<Target = Self::PerUserState> + Send + Sync
    where
        Self: 'a;

    /// Opens the store.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be used: it is not reachable, or not a store of this kind.
    fn open(config: &Self::Config) -> impl Future<Output = Result<Self, StoreError>> + Send;

    /// As [`open`](Store::open), in a plain call, for a store that is ready at the first poll. A
    /// store in memory is.
    ///
    /// # Errors
    /// As for [`open`](Store::open); and [`StoreError`] if the store has to wait.
    fn open_sync(config: &Self::Config) -> Result<Self, StoreError> {
        const WAITS: StoreError = StoreError::constant(
            StoreErrorKind::Failed,
            "it opens asynchronously: await its `open` on a runtime",
        );
        Self::open(config).now_or_never().unwrap_or(Err(WAITS))
    }

    /// Returns the entry of `user`, and creates it if there is none.
    fn entry(&self, user: UserId) -> Self::Entry<'_>;

    /// Returns the entry of `user`, unless the store knows that it is unused. The call leaves no
    /// trace.
    fn get(&self, user: UserId) -> Option<Self::Entry<'_>>;

    /// Loads the current account if the store can read it consistently without a lock.
    ///
    /// The result is linearizable: it includes every commit that was acknowledged before.
    fn load_without_lock(&self, entry: &Self::Entry<'_>) -> Option<Account>;

    /// Loads the account. An unknown user has [`Account::default`].
    ///
    /// # Errors
    /// [`StoreError`] if the account could not be read.
    fn load(
        &self,
        entry: &Self::Entry<'_>,
    ) -> impl Future<Output = Result<Account, StoreError>> + Send;

    /// Writes `receipt.after` and the ledger entry, and returns the entry as it was written. When
    /// the call returns, both can be read. Without a ledger, the time of the entry is 0.
    ///
    /// # Errors
    /// [`CommitError`] says whether it is certain that nothing was written.
    fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<LedgerEntry, CommitError>> + Send;

    /// Reads the ledger of `user`, oldest entry first, with everything acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`StoreError`] if the ledger could not be read.
    fn history(
        &self,
        user: UserId,
        page: Page,
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, StoreError>> + Send;

    /// Loads the account without a lock and in a plain call if possible, and otherwise returns the
    /// entry to load or to lock.
    #[inline]
    fn snapshot(&self, user: UserId) -> Snapshot<Self::Entry<'_>> {
        match self.get(user) {
            None => Snapshot::Consistent(Account::default()),
            Some(entry) => match self.load_without_lock(&entry) {
                Some(account) => Snapshot::Consistent(account),
                None if Self::LOAD_IS_ATOMIC => Snapshot::NeedsLoad(entry),
                None => Snapshot::NeedsLock(entry),
            },
        }
    }
}

/// The result of a read without a lock.
pub enum Snapshot<R> {
    /// A consistent account.
    Consistent(Account),
    /// A load of this entry is consistent by itself.
    NeedsLoad(R),
    /// The store cannot read the account consistently: lock this entry, then load.
    NeedsLock(R),
}

impl<R> Snapshot<R> {
    /// Returns the account, if it is consistent.
    #[inline]
    pub fn consistent(self) -> Option<Account> {
        match self {
            Snapshot::Consistent(account) => Some(account),
            Snapshot::NeedsLoad(_) | Snapshot::NeedsLock(_) => None,
        }
    }
}
