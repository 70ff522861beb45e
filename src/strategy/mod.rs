//! Strategies: ways to make a load and the commit that follows from it one atomic step.
//!
//! Each file holds one strategy. Its documentation says how the strategy works, where it wins,
//! where it loses and what it guarantees (order, cancellation, panics, memory). Strategies differ
//! in nothing else: rule, store, service, load generator and clock are the same for all.
//!
//! | | waits by | reads without a lock | first in, first out | best where |
//! |---|---|:-:|:-:|---|
//! | [`Mutex`] | blocking its thread | yes | no | simplicity counts most |
//! | `AsyncMutex` | suspending its task | yes | yes | the store suspends |
//! | [`RwLock`], `AsyncRwLock` | as above | no | no, yes | reads are long and frequent |
//! | [`Queue`] | spinning, then suspending | yes | yes | one row is hot, and order matters |
//! | [`Cas`] | retrying | yes | no | throughput matters, on any row |
//! | [`Actor`], [`ShardedActor`] | suspending its task | no | yes | a task must own the state |
//! | `BatchedQueue` | suspending its task | yes | yes | one row is hot, and a write takes long |
//! | `Version` | retrying after a pause | yes | no | commands on a database seldom meet |
//! | `InTransaction` | waiting in the store | yes | no | processes share a database |
//! | `InStore` | waiting in the store | yes | no | a round trip to the database is long |
//!
//! `Unsynchronized` is the negative control. `FetchAdd` and `Noop` are references to measure
//! against.

mod actor;
mod actor_cell;
#[cfg(not(hotrow_loom))]
mod async_mutex;
#[cfg(not(hotrow_loom))]
mod async_rwlock;
#[cfg(not(hotrow_loom))]
mod back_off;
mod base;
#[cfg(not(hotrow_loom))]
mod batched_queue;
mod cas;
mod fetch_add;
#[cfg(not(hotrow_loom))]
mod in_store;
#[cfg(not(hotrow_loom))]
mod in_transaction;
mod mailbox;
#[cfg(all(test, hotrow_loom))]
mod models;
mod mutex;
mod noop;
mod queue;
mod rwlock;
#[cfg(not(hotrow_loom))]
mod settle;
mod sharded_actor;
mod step;
#[cfg(test)]
#[cfg(not(any(shuttle, hotrow_loom)))]
mod tests;
mod unsynchronized;
#[cfg(not(hotrow_loom))]
mod version;

use std::{fmt, future::Future};

pub use self::{
    actor::Actor,
    actor_cell::ActorCell,
    base::Base,
    cas::Cas,
    fetch_add::FetchAdd,
    mutex::Mutex,
    noop::Noop,
    queue::{CombiningLock, Queue},
    rwlock::RwLock,
    sharded_actor::ShardedActor,
    step::{step, step_ready, step_sync},
    unsynchronized::Unsynchronized,
};
#[cfg(not(hotrow_loom))]
pub use self::{
    async_mutex::AsyncMutex,
    async_rwlock::AsyncRwLock,
    batched_queue::{BATCH_MAX, BatchedQueue},
    in_store::InStore,
    in_transaction::InTransaction,
    settle::settle,
    version::Version,
};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
};

/// Makes a load and the commit that follows from it one atomic step.
///
/// An implementation may call [`Command::decide`] any number of times, and commits at most one of
/// its receipts. It returns a ledger entry only after both balance and ledger hold it. A rejection
/// is a value: it changes nothing and delays no other command. [`NotApplied`] is returned only if
/// it is certain that the store holds nothing of the command, and never will. A future that still waits may be dropped
/// at any time. A future that has begun a step on an asynchronous store must be polled to its end,
/// which [`PointService`](crate::service::PointService) ensures.
///
/// An implementation uses plain `async fn`s; one that blocks its thread never awaits. The
/// bookkeeping of a future costs more than a command in memory. A command that need not wait is
/// therefore executed by [`execute_sync`](ConcurrencyStrategy::execute_sync), a plain call.
///
/// A strategy writes at least [`over`](ConcurrencyStrategy::over),
/// [`base`](ConcurrencyStrategy::base), and one of `execute_sync` and
/// [`execute`](ConcurrencyStrategy::execute). The rest has defaults.
///
/// # Examples
///
/// ```
/// use hotrow::{
///     domain::{Command, Outcome},
///     store::Store,
///     strategy::{Base, ConcurrencyStrategy, Family, Guarantees, Scope},
///     sync::asynchronous,
/// };
///
/// /// One asynchronous lock per user.
/// struct FairMutex<S>(Base<S>);
///
/// impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy for FairMutex<S> {
///     type Store = S;
///
///     const NAME: &'static str = "fair-mutex";
///     const FAMILY: Family = Family::Mutex;
///     const GUARANTEES: Guarantees = Guarantees {
///         linearizable: true,
///         fifo: true,
///         starvation_free: true,
///         no_cross_user_blocking: true,
///         no_idle_memory: true,
///         scope: Scope::Process,
///     };
///
///     fn over(base: Base<S>) -> FairMutex<S> {
///         FairMutex(base)
///     }
///
///     fn base(&self) -> &Base<S> {
///         &self.0
///     }
///
///     async fn execute(&self, command: Command) -> Outcome {
///         let entry = self.0.store.entry(command.user);
///         let _guard = entry.lock().await;
///         self.0.step(&entry, command).await
///     }
/// }
/// ```
///
/// [`NotApplied`]: crate::domain::Failure::NotApplied
pub trait ConcurrencyStrategy: Send + Sync + Sized + 'static {
    /// The store of the accounts. It keeps the strategy's state for one user beside each account.
    type Store: Store;

    /// The name in reports, in test names and on the command line.
    const NAME: &'static str;
    /// The family of the strategy.
    const FAMILY: Family;
    /// The guarantees of the strategy, each of which the contract suite tests.
    const GUARANTEES: Guarantees;

    /// Creates a strategy over a store and a policy.
    fn over(base: Base<Self::Store>) -> Self;

    /// Returns the store and the policy.
    fn base(&self) -> &Base<Self::Store>;

    /// Creates a strategy over `store` that applies only what `policy` allows.
    fn new(store: Self::Store, policy: Policy) -> Self {
        Self::over(Base { store, policy })
    }

    /// Returns the store.
    #[inline(always)]
    fn store(&self) -> &Self::Store {
        &self.base().store
    }

    /// Executes `command` in a plain call, which may block its thread and never suspends. `None`
    /// means that nothing was done: call [`execute`](ConcurrencyStrategy::execute) instead.
    #[inline(always)]
    fn execute_sync(&self, _command: Command) -> Option<Outcome> {
        None
    }

    /// Decides `command` on the current account, and commits the receipt.
    ///
    /// The default is for a strategy that executes every command in a plain call.
    fn execute(&self, command: Command) -> impl Future<Output = Outcome> + Send {
        async move { self.execute_sync(command).expect("`execute_sync` executes every command") }
    }

    /// Reads the account in a plain call, which may block its thread and never suspends. `None`
    /// means that nothing was read: call [`read`](ConcurrencyStrategy::read) instead.
    ///
    /// The default takes a snapshot without a lock, if the store has one.
    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        self.store().snapshot(user).consistent()
    }

    /// Reads the account of `user`, with every command acknowledged before.
    ///
    /// The default takes no lock. It is for a strategy that has none, or whose store loads an
    /// account consistently by itself ([`Store::LOAD_IS_ATOMIC`]).
    ///
    /// # Errors
    /// [`Fault`] if the account could not be read.
    fn read(&self, user: UserId) -> impl Future<Output = Result<Account, Fault>> + Send {
        async move {
            if let Some(account) = self.read_sync(user) {
                return Ok(account);
            }
            match self.store().snapshot(user) {
                Snapshot::Consistent(account) => Ok(account),
                Snapshot::NeedsLoad(entry) | Snapshot::NeedsLock(entry) => {
                    Ok(self.store().load(&entry).await?)
                }
            }
        }
    }

    /// Returns the number of failed commits so far. After each, its command was decided again.
    /// `None` if commits cannot fail.
    fn retries(&self) -> Option<u64> {
        None
    }
}

/// The family of a strategy: how it isolates the commands of one user from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Commands of a user are enqueued and executed one after another.
    Queue,
    /// A mutual-exclusion lock admits one command of a user at a time.
    Mutex,
    /// A lock that readers share admits one command of a user at a time.
    RwLock,
    /// Optimistic: a commit succeeds only if the account is unchanged, and is retried until then.
    Atomic,
    /// Commands are messages to the one task that owns the account.
    Actor,
    /// A transaction of the store isolates the commands of one user from each other.
    Transaction,
    /// The store decides each command itself, in one step.
    InStore,
    /// A negative control: it is not linearizable, and every check must detect that.
    NegativeControl,
    /// A reference to measure against: it has no rule or no ledger, and is never ranked.
    Reference,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Family::Queue => "queue",
            Family::Mutex => "mutex",
            Family::RwLock => "rwlock",
            Family::Atomic => "atomic",
            Family::Actor => "actor",
            Family::Transaction => "transaction",
            Family::InStore => "in-store",
            Family::NegativeControl => "negative-control",
            Family::Reference => "reference",
        })
    }
}

/// The guarantees that a strategy declares. The contract suite tests each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarantees {
    /// Every command takes effect at one moment between its call and its return ([Herlihy and Wing
    /// 1990](https://doi.org/10.1145/78969.78972)). No accepted command is lost, doubled or torn,
    /// and none breaks the policy.
    pub linearizable: bool,
    /// Commands of one user are decided in the order of their first poll.
    pub fifo: bool,
    /// Every waiting command and read is served after a bounded number of others, however many
    /// arrive after it.
    pub starvation_free: bool,
    /// A command of one user never waits for a command of another user.
    pub no_cross_user_blocking: bool,
    /// An idle user costs no memory beyond the entry in the store.
    pub no_idle_memory: bool,
    /// The processes for which all of this holds.
    pub scope: Scope,
}

/// The processes for which the guarantees of a strategy hold. On a store in memory, which no other
/// process can share, both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One process: the strategy orders the commands that it is sent, and no other process may
    /// write to the store.
    Process,
    /// Every process that shares the store: the store itself keeps them apart.
    Store,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Scope::Process => "process",
            Scope::Store => "store",
        })
    }
}
