//! Where accounts live.
//!
//! A store makes single reads and single commits. It promises nothing about a read and the commit
//! that follows it: that promise is the business of [`crate::strategy`]. A strategy asks for a
//! capability, a store offers it, and the compiler refuses the pair that does not fit: a blocking
//! lock on a store that suspends is a type error.
//!
//! ```text
//! Store { row, load, commit, history }                 every store
//!  |- ImmediateStore   { load_now, commit_now }        never suspends: a thread may hold a lock
//!  |- ConditionalStore { commit_if_unchanged }         a write that depends on what was read
//!
//! slab                 memory, next to free; offers everything
//! tables               the two given tables and their latency; offers the least
//! Versioned<S>         gives any store a conditional commit
//! Adversary<S>         steps aside after each load, so that a race that can happen does; or
//!                      holds, fails or panics in a step, as a script says
//! ```
//!
//! What a strategy keeps for one user, its *slot*, lies where the store keeps the account, and one
//! look-up finds both. So no strategy has a map of its own, none leaks one, and no map is what is
//! measured.

mod adversary;
mod arena;
mod directory;
mod lease;
mod ledger;
#[cfg(all(test, hotrow_loom))]
pub(crate) mod models;
mod slab;
mod tables;
mod versioned;

use std::{future::Future, ops::Deref};

pub use self::{
    adversary::{Adversary, AdversaryRow, Point, Script, StepAside},
    slab::{Slab, SlabRow},
    tables::{TableRow, Tables},
    versioned::{Stamped, Versioned, VersionedRow},
};
use crate::{
    clock::Tick,
    database::Latency,
    domain::{Account, Fault, LedgerEntry, Receipt, UserId},
    timer::Timer,
};

/// What a store is opened with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Users 1 to this many have their rows side by side, found by their number; any other user
    /// is found through a map. A hint on layout: every user can be served whatever it says.
    pub dense_users: u64,
    /// Ledger entries whose memory is touched in advance, so that no commit meets a fresh page.
    pub ledger_entries: u64,
    /// Whether ledgers are kept. Without, every history is empty, and a commit writes the account
    /// alone.
    pub history: bool,
    /// How long a store with a simulated latency takes.
    pub latency: Latency,
    /// What the simulated latencies are drawn from.
    pub seed: u64,
    /// The time that goes into ledger entries.
    pub tick: Tick,
    /// What a simulated latency is waited for on.
    pub timer: Timer,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            dense_users: 1_024,
            ledger_entries: 0,
            history: true,
            latency: Latency::None,
            seed: 1,
            tick: Tick::now(),
            timer: Timer::default(),
        }
    }
}

/// Which part of a history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Entries up to this version are left out; 0 leaves out none.
    pub after: u64,
    /// Most entries to give.
    pub limit: usize,
}

impl Page {
    /// The whole history.
    pub const ALL: Page = Page { after: 0, limit: usize::MAX };
}

/// Keeps accounts, their ledgers, and one slot for each user beside them.
///
/// Each call is atomic by itself. `load` gives an account that was whole at one moment during the
/// call if nothing was being committed to it meanwhile; [`snapshot`](Store::snapshot) gives one
/// that was whole whatever was being committed.
pub trait Store: Send + Sync + Sized + 'static {
    /// In reports, test names and on the command line.
    const NAME: &'static str;
    /// Whether a call may suspend. Where it does, a caller that goes away could leave a commit
    /// half done, so the service runs such commands as tasks of their own.
    const SUSPENDS: bool;
    /// What a strategy keeps for one user.
    type Slot: Default + Send + Sync + 'static;
    /// Holds the place of one user: while it lives, its slot stays the one that everybody finds.
    type Row<'a>: Deref<Target = Self::Slot> + Send + Sync
    where
        Self: 'a;

    /// Opens an empty store.
    fn open(setup: &Setup) -> Self;

    /// The place of `user`, made if there is none.
    fn row(&self, user: UserId) -> Self::Row<'_>;

    /// The place of `user` unless the store knows that it holds nothing. Leaves no trace.
    fn find(&self, user: UserId) -> Option<Self::Row<'_>>;

    /// The account as it is now, where the store can read it whole without a turn.
    ///
    /// What it gives is linearizable: it holds every commit that was acknowledged before.
    fn snapshot(&self, row: &Self::Row<'_>) -> Option<Account>;

    /// Reads the account. An unknown user's is [`Account::default`].
    ///
    /// # Errors
    /// [`Fault`] if the store could not say.
    fn load(&self, row: &Self::Row<'_>) -> impl Future<Output = Result<Account, Fault>> + Send;

    /// Writes `receipt.after` and the ledger entry. When it returns, both can be read.
    ///
    /// # Errors
    /// [`Fault`] if it is not known whether they were written.
    fn commit(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The ledger of `user`, oldest entry first: everything acknowledged before the call.
    ///
    /// # Errors
    /// [`Fault`] if the store could not say.
    fn history(
        &self,
        user: UserId,
        page: Page,
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, Fault>> + Send;

    /// When the account of `user` came to `version`, as its line in the ledger says, in milliseconds
    /// since 1970. `None` if there is no such line, as before the first command.
    ///
    /// # Errors
    /// [`Fault`] if the store could not say.
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

    /// Reads the account with no turn if it can be, and otherwise gives the row to take one on.
    #[inline]
    fn peek(&self, user: UserId) -> Peek<Self::Row<'_>> {
        match self.find(user) {
            None => Peek::Whole(Account::default()),
            Some(row) => match self.snapshot(&row) {
                Some(account) => Peek::Whole(account),
                None => Peek::TakeTurn(row),
            },
        }
    }
}

/// What can be known of an account without a turn.
pub enum Peek<R> {
    /// The account, whole.
    Whole(Account),
    /// Nothing for certain: take a turn on this row, then load.
    TakeTurn(R),
}

impl<R> Peek<R> {
    /// The account, if it is known whole.
    #[inline]
    pub fn whole(self) -> Option<Account> {
        match self {
            Peek::Whole(account) => Some(account),
            Peek::TakeTurn(_) => None,
        }
    }
}

/// A store whose calls end at once, so that a thread may hold a blocking lock across them.
///
/// A blocking lock on a store that suspends does not compile:
///
/// ```compile_fail,E0271,E0277
/// use hotrow::{store::Tables, strategy::{ConcurrencyStrategy, Mutex}};
///
/// fn fits<T: ConcurrencyStrategy>() {}
/// fits::<Mutex<Tables<parking_lot::Mutex<()>>>>();
/// ```
///
/// The same lock on a store in memory does:
///
/// ```
/// use hotrow::{store::Slab, strategy::{ConcurrencyStrategy, Mutex}};
///
/// fn fits<T: ConcurrencyStrategy>() {}
/// fits::<Mutex<Slab<parking_lot::Mutex<()>>>>();
/// ```
pub trait ImmediateStore: Store {
    /// As [`Store::load`].
    fn load_now(&self, row: &Self::Row<'_>) -> Account;
    /// As [`Store::commit`].
    fn commit_now(&self, row: &Self::Row<'_>, receipt: &Receipt);
}

/// A store that can make a commit depend on what was read.
pub trait ConditionalStore: Store {
    /// Commits if the account still is `receipt.before`, and says whether it was.
    ///
    /// # Errors
    /// [`Fault`] if it is not known whether it was written.
    fn commit_if_unchanged(
        &self,
        row: &Self::Row<'_>,
        receipt: &Receipt,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;
}
