//! Stores: where accounts live.
//!
//! A store makes single loads and single commits. It guarantees nothing about a load and the commit
//! that follows it: that guarantee is the task of [`crate::strategy`]. A strategy asks for a
//! capability, a store offers it, and a pair that does not fit does not compile: a blocking lock on
//! a store that suspends is a type error.
//!
//! ```text
//! Store { entry, load, commit, history }               every store
//!  |- SyncStore        { load_sync, commit_sync }      never suspends: a thread may hold a lock
//!  |- ConditionalStore { commit_if_unchanged }         a write that depends on what was read
//!
//! Memory               in memory, almost free; offers everything
//! Simulated            the two given tables and their latency; offers the least
//! Versioned<S>         adds a conditional commit to any store
//! FaultInjecting<S>    yields after each load, so that a possible race occurs; or holds, fails
//!                      or panics in a step, as a script says
//! ```
//!
//! The store keeps the strategy's state for one user beside the account, and one look-up finds
//! both. So no strategy has a map of its own, none leaks one, and no measurement includes one.

mod arena;
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

pub use self::{
    fault_injection::{
        FailPoint, FaultInjecting, FaultInjectingEntry, FaultScript, YieldAtEveryPoint,
    },
    memory::{Memory, MemoryEntry},
    simulated::{Simulated, SimulatedEntry},
    versioned::{VersionStamped, Versioned, VersionedEntry},
};
use crate::{
    clock::CoarseClock,
    domain::{Account, Fault, LedgerEntry, Receipt, UserId},
    scenario::Latency,
    timer::Timer,
};

/// The options of a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Users 1 to this number have their entries side by side, found by index. Any other user is
    /// found through a map. This is a hint on layout: a store serves every user whatever it says.
    pub dense_users: u64,
    /// Ledger entries whose memory is touched in advance, so that no commit causes a page fault.
    pub ledger_entries: u64,
    /// Whether the store keeps ledgers. Without them every history is empty, and a commit writes
    /// only the account.
    pub ledger: bool,
    /// The latency of a store that simulates one.
    pub latency: Latency,
    /// The seed of the simulated latencies.
    pub seed: u64,
    /// The clock for the times of ledger entries.
    pub tick: CoarseClock,
    /// The timer on which a simulated latency waits.
    pub timer: Timer,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig {
            dense_users: 1_024,
            ledger_entries: 0,
            ledger: true,
            latency: Latency::None,
            seed: 1,
            tick: CoarseClock::now(),
            timer: Timer::default(),
        }
    }
}

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
    /// The state that a strategy keeps for one user.
    type PerUserState: Default + Send + Sync + 'static;
    /// A handle to one user. While it lives, every caller that asks for the user gets the same
    /// state.
    type Entry<'a>: Deref<Target = Self::PerUserState> + Send + Sync
    where
        Self: 'a;

    /// Opens an empty store.
    fn open(config: &StoreConfig) -> Self;

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
    /// [`Fault`] if the account could not be read.
    fn load(&self, entry: &Self::Entry<'_>) -> impl Future<Output = Result<Account, Fault>> + Send;

    /// Writes `receipt.after` and the ledger entry. When the call returns, both can be read.
    ///
    /// # Errors
    /// [`Fault`] if it is not known whether they were written.
    fn commit(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Reads the ledger of `user`, oldest entry first, with everything acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`Fault`] if the ledger could not be read.
    fn history(
        &self,
        user: UserId,
        page: Page,
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, Fault>> + Send;

    /// Returns the time at which the account of `user` reached `version`, as its ledger entry says,
    /// in milliseconds since 1970. `None` if there is no such entry, as before the first command.
    ///
    /// # Errors
    /// [`Fault`] if the ledger could not be read.
    fn time_of(
        &self,
        user: UserId,
        version: u64,
    ) -> impl Future<Output = Result<Option<u64>, Fault>> + Send {
        async move {
            let Some(after) = version.checked_sub(1) else { return Ok(None) };
            let line = self.history(user, Page { after, limit: 1 }).await?;
            Ok(line.first().map(|entry| entry.time_millis))
        }
    }

    /// Loads the account without a lock if possible, and otherwise returns the entry to lock.
    #[inline]
    fn snapshot(&self, user: UserId) -> Snapshot<Self::Entry<'_>> {
        match self.get(user) {
            None => Snapshot::Consistent(Account::default()),
            Some(entry) => match self.load_without_lock(&entry) {
                Some(account) => Snapshot::Consistent(account),
                None => Snapshot::NeedsLock(entry),
            },
        }
    }
}

/// The result of a read without a lock.
pub enum Snapshot<R> {
    /// A consistent account.
    Consistent(Account),
    /// The store cannot read the account consistently: lock this entry, then load.
    NeedsLock(R),
}

impl<R> Snapshot<R> {
    /// Returns the account, if it is consistent.
    #[inline]
    pub fn consistent(self) -> Option<Account> {
        match self {
            Snapshot::Consistent(account) => Some(account),
            Snapshot::NeedsLock(_) => None,
        }
    }
}

/// A store whose calls return at once, so that a thread may hold a blocking lock across them.
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
    fn commit_sync(&self, entry: &Self::Entry<'_>, receipt: &Receipt);
}

/// A store in which a commit can depend on what was read.
pub trait ConditionalStore: Store {
    /// Commits if the account still is `receipt.before`, and returns whether it was.
    ///
    /// # Errors
    /// [`Fault`] if it is not known whether the receipt was written.
    fn commit_if_unchanged(
        &self,
        entry: &Self::Entry<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;
}
