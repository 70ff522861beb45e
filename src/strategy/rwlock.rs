//! One blocking reader-writer lock per user: commands exclude each other, reads share the lock.
//!
//! A command may write, so it takes the lock exclusively from the start. Only balance reads share
//! it. A shared lock still writes to the lock's own word, so every reader's core needs that cache
//! line.
//!
//! It wins where reads are long and frequent.
//!
//! It loses here: loading a balance takes less time than taking any lock. A shared lock costs more
//! than the load that it protects, and clients that mostly read get a quarter of a mutex's
//! throughput.
//!
//! It guarantees:
//! - Order: none. Starvation: none. A waiting writer holds back new readers, and a contended lock
//!   is [handed off fairly](https://docs.rs/parking_lot/latest/parking_lot/type.RwLock.html) about
//!   every half millisecond. That timer bounds the wait; the number of overtaking commands has no
//!   bound.
//! - Cancellation: a command is done at its first poll.
//! - Panic: the lock is released and not poisoned.
//! - Memory: eight bytes beside the account.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Command, Outcome, UserId},
    store::SyncStore,
    sync,
};

/// One blocking reader-writer lock per user.
pub struct RwLock<S>(Base<S>);

impl<S: SyncStore<PerUserState = sync::RwLock<()>>> ConcurrencyStrategy for RwLock<S> {
    type Store = S;

    const NAME: &'static str = "rwlock";
    const FAMILY: Family = Family::RwLock;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> RwLock<S> {
        RwLock(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.0.store.entry(command.user);
        let _guard = entry.write();
        Some(self.0.step_sync(&entry, command))
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        let Some(entry) = self.0.store.get(user) else { return Some(Account::default()) };
        let _shared = entry.read();
        Some(self.0.store.load_sync(&entry))
    }
}
