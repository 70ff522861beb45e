//! How a read and the commit that follows from it become one step.
//!
//! Each file is one answer, and each says how it works, where it wins, where it loses and what it
//! promises. They differ in nothing else: the rule, the store, the service, the driver and the
//! clock are the same for all.

mod actor;
#[cfg(not(hotrow_loom))]
mod async_mutex;
#[cfg(not(hotrow_loom))]
mod async_rwlock;
mod cas;
mod desk;
mod fetch_add;
mod mailbox;
#[cfg(all(test, hotrow_loom))]
mod models;
mod mutex;
mod null;
mod queue;
mod rwlock;
mod sharded_actor;
mod step;
#[cfg(test)]
#[cfg(not(any(shuttle, hotrow_loom)))]
mod tests;
mod unguarded;

use std::{fmt, future::Future};

pub use self::{
    actor::Actor,
    cas::Cas,
    desk::Desk,
    fetch_add::FetchAdd,
    mutex::Mutex,
    null::Null,
    queue::{Queue, Turn},
    rwlock::RwLock,
    sharded_actor::ShardedActor,
    step::{step, step_at_once, step_now},
    unguarded::Unguarded,
};
#[cfg(not(hotrow_loom))]
pub use self::{async_mutex::AsyncMutex, async_rwlock::AsyncRwLock};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
};

/// Makes reading an account and committing what follows from it one indivisible step.
///
/// An implementation may run [`Command::decide`] any number of times, and must let at most one of
/// its receipts be committed. It answers with a receipt only after the balance and the history
/// both hold it. A rejection is a value: it changes nothing and delays no one. Whoever waits may
/// be dropped at any time; whoever has begun a step on a store that suspends must be polled to the
/// end of it, which [`PointService`](crate::service::PointService) sees to.
///
/// An implementation writes plain `async fn`s; one that blocks its thread never awaits. A command
/// that need not wait should not pay for a future's bookkeeping, which costs more than the command
/// itself: [`execute_at_once`](ConcurrencyStrategy::execute_at_once) is for those.
pub trait ConcurrencyStrategy: Send + Sync + Sized + 'static {
    /// Where accounts live, with what this strategy keeps for one user beside each.
    type Store: Store;

    /// In reports, test names and on the command line.
    const NAME: &'static str;
    /// What kind of answer it is.
    const FAMILY: Family;
    /// What it promises, which the contract suite tests.
    const PROMISES: Promises;

    /// Stands before `store` and lets nothing past `policy`.
    fn new(store: Self::Store, policy: Policy) -> Self;

    /// The store behind it.
    fn store(&self) -> &Self::Store;

    /// Executes `command` in a plain call, if that takes no suspending. `None` says that nothing
    /// was done, and that [`execute`](ConcurrencyStrategy::execute) is to be asked.
    #[inline(always)]
    fn execute_at_once(&self, _command: Command) -> Option<Outcome> {
        None
    }

    /// Decides `command` on the account as it then is, and commits what was decided.
    fn execute(&self, command: Command) -> impl Future<Output = Outcome> + Send;

    /// Reads the account in a plain call, if that takes no suspending. `None` says that
    /// [`read`](ConcurrencyStrategy::read) is to be asked.
    #[inline(always)]
    fn read_at_once(&self, _user: UserId) -> Option<Account> {
        None
    }

    /// The account of `user`, with every command acknowledged before.
    ///
    /// # Errors
    /// [`Fault`] if the account could not be read.
    fn read(&self, user: UserId) -> impl Future<Output = Result<Account, Fault>> + Send;

    /// Losses of races so far, after each of which a command was decided again. `None` where nobody
    /// races for the commit.
    fn retries(&self) -> Option<u64> {
        None
    }
}

/// What kind of answer a strategy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Commands of a user stand in a line and are run one after another.
    Queue,
    /// Commands of a user exclude each other by a lock.
    Mutex,
    /// As a mutex, but readers share.
    RwLock,
    /// A commit that takes effect only if nothing has changed, tried again until it does.
    Atomic,
    /// Commands are sent to the one task that may touch the account.
    Actor,
    /// Wrong on purpose: what the suite must catch.
    Control,
    /// No strategy at all: a limit to measure the others against.
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
            Family::Control => "control",
            Family::Reference => "reference",
        })
    }
}

/// What a strategy promises. What is declared here is tested, not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// No accepted command is lost, doubled or torn, and none breaks the policy.
    pub sound: bool,
    /// Commands of one user are decided in the order in which they were first polled.
    pub fifo: bool,
    /// Every waiting command and read is served after a bounded number of others, however many come
    /// after it.
    pub starvation_free: bool,
    /// Users do not wait for each other.
    pub independent: bool,
    /// A user who is left alone costs nothing beyond the row that the store keeps.
    pub idle_free: bool,
}
