//! One blocking lock per user, held for the whole step.
//!
//! This is the simplest linearizable strategy, and the baseline of every ratio. The lock is one
//! byte beside the account, so an uncontended command locks, decides, commits and unlocks within
//! one cache line. Commands of one user exclude each other and no other commands.
//!
//! It wins in simplicity, and stays close to the best where commands seldom meet. Its reads take no
//! lock, since a store that never suspends loads an account consistently without one.
//!
//! It loses on a hot row, to flat combining and to compare-and-set, and where a lock holder is
//! descheduled: every waiter stalls behind it. A waiter blocks its thread, so the lock must not be
//! held across a call of a store that suspends.
//!
//! It guarantees:
//! - Order: none. A released lock goes to the first thread that takes it, and to the longest waiter
//!   about [every half
//!   millisecond](https://docs.rs/parking_lot/latest/parking_lot/type.Mutex.html#fairness). That
//!   timer bounds the wait; the number of overtaking commands has no bound.
//! - Cancellation: a command is done at its first poll.
//! - Panic: the lock is released and not poisoned. The commit comes last, so the account is
//!   unchanged.
//! - Memory: one byte beside the account.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Command, Outcome},
    store::SyncStore,
    sync,
};

/// One blocking lock per user.
pub struct Mutex<S>(Base<S>);

impl<S: SyncStore<PerUserState = sync::Mutex<()>>> ConcurrencyStrategy for Mutex<S> {
    type Store = S;

    const NAME: &'static str = "mutex";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Mutex<S> {
        Mutex(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.0.store.entry(command.user);
        let _guard = entry.lock();
        Some(self.0.step_sync(&entry, command))
    }
}
