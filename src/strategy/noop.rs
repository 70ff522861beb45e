//! Returns at once and keeps nothing: a reference that measures the cost of the call.
//!
//! It is not a strategy. Its measurement is the overhead of the load generator, and a smaller
//! difference between strategies cannot be measured. It has no ledger, so there is nothing to
//! audit.

use super::{ConcurrencyStrategy, Family, Guarantees};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
};

/// Returns at once and keeps nothing.
pub struct Noop<S> {
    store: S,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for Noop<S> {
    type Store = S;

    const NAME: &'static str = "noop";
    const FAMILY: Family = Family::Reference;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, _policy: Policy) -> Noop<S> {
        Noop { store }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        Some(Ok(Receipt { command, before: Account::default(), after: Account::default() }))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_sync(command).expect("execute_sync of a no-op always returns an outcome")
    }

    #[inline(always)]
    fn read_sync(&self, _user: UserId) -> Option<Account> {
        Some(Account::default())
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.read_sync(user).expect("read_sync of a no-op always returns an account"))
    }
}
