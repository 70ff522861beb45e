//! Returns at once and keeps nothing: a reference that measures the cost of the call.
//!
//! It is not a strategy. Its measurement is the overhead of the load generator, and a smaller
//! difference between strategies cannot be measured. It has no ledger, so there is nothing to
//! audit.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Command, LedgerEntry, Outcome, Receipt, UserId},
    store::Store,
};

/// Returns at once and keeps nothing.
pub struct Noop<S>(Base<S>);

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
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Noop<S> {
        Noop(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let account = Account::default();
        let receipt = Receipt { command, before: account, after: account };
        Some(Ok(LedgerEntry { receipt, time_millis: 0 }))
    }

    #[inline(always)]
    fn read_sync(&self, _user: UserId) -> Option<Account> {
        Some(Account::default())
    }
}
