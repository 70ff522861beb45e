//! Adds to a counter beside the account: a reference that measures the cost of a shared word.
//!
//! It is not a strategy. For one caller, no strategy that changes a shared balance can be faster
//! than the one instruction that changes a shared counter. With several callers each addition moves
//! the cache line from core to core, so a strategy in which one caller executes many requests can
//! be faster. There is no rule and no ledger: the balance may go below zero, and there is nothing
//! to audit.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Action, Command, LedgerEntry, Outcome, Receipt, UserId},
    store::Store,
    sync::atomic::{AtomicU64, Ordering},
};

/// Adds to a counter and applies no rule.
pub struct FetchAdd<S>(Base<S>);

impl<S: Store<PerUserState = AtomicU64>> ConcurrencyStrategy for FetchAdd<S> {
    type Store = S;

    const NAME: &'static str = "fetch-add";
    const FAMILY: Family = Family::Reference;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> FetchAdd<S> {
        FetchAdd(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let delta = match command.action {
            Action::Charge(amount) => amount.points(),
            Action::Use(amount) => amount.points().wrapping_neg(),
        };
        // Relaxed: the counter publishes nothing but itself.
        let balance = self.0.store.entry(command.user).fetch_add(delta, Ordering::Relaxed);
        let before = Account { balance, version: 0 };
        let after = Account { balance: balance.wrapping_add(delta), version: 0 };
        let receipt = Receipt { command, before, after };
        Some(Ok(LedgerEntry { receipt, time_millis: 0 }))
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        let Some(entry) = self.0.store.get(user) else { return Some(Account::default()) };
        Some(Account { balance: entry.load(Ordering::Relaxed), version: 0 })
    }
}
