//! Adds to a counter beside the account and decides nothing: what a shared word costs by itself.
//!
//! A reference and no strategy. For one caller, no answer that changes a shared balance can be
//! faster than the one instruction that changes a shared counter. Several callers pass the cache
//! line from core to core for each addition; a strategy that lets one of them work for a while can
//! do better than that. It has no rule and no history, so its balance may go below zero and there
//! is nothing to audit.

use super::{ConcurrencyStrategy, Family, Promises};
use crate::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
    sync::atomic::{AtomicU64, Ordering},
};

/// Adds to a counter and decides nothing.
pub struct FetchAdd<S> {
    store: S,
}

impl<S: Store<Slot = AtomicU64>> ConcurrencyStrategy for FetchAdd<S> {
    type Store = S;

    const NAME: &'static str = "fetch-add";
    const FAMILY: Family = Family::Reference;
    const PROMISES: Promises = Promises {
        sound: false,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, _policy: Policy) -> FetchAdd<S> {
        FetchAdd { store }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let delta = match command.action {
            Action::Charge(amount) => amount.points(),
            Action::Use(amount) => amount.points().wrapping_neg(),
        };
        // Relaxed: the counter publishes nothing but itself.
        let balance = self.store.row(command.user).fetch_add(delta, Ordering::Relaxed);
        let before = Account { balance, version: 0 };
        let after = Account { balance: balance.wrapping_add(delta), version: 0 };
        Some(Ok(Receipt { command, before, after }))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("nothing is waited for")
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        let Some(row) = self.store.find(user) else { return Some(Account::default()) };
        Some(Account { balance: row.load(Ordering::Relaxed), version: 0 })
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.read_at_once(user).expect("nothing is waited for"))
    }
}
