//! Answers at once and keeps nothing: the cost of asking.
//!
//! A reference and no strategy. What a measurement shows for it is the driver's own cost, and no
//! difference smaller than that can be seen. It has no books, so there is nothing to audit.

use super::{ConcurrencyStrategy, Family, Promises};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
};

/// Answers at once and keeps nothing.
pub struct Null<S> {
    store: S,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for Null<S> {
    type Store = S;

    const NAME: &'static str = "null";
    const FAMILY: Family = Family::Reference;
    const PROMISES: Promises = Promises {
        sound: false,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, _policy: Policy) -> Null<S> {
        Null { store }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        Some(Ok(Receipt { command, before: Account::default(), after: Account::default() }))
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("nothing is waited for")
    }

    #[inline(always)]
    fn read_at_once(&self, _user: UserId) -> Option<Account> {
        Some(Account::default())
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.read_at_once(user).expect("nothing is waited for"))
    }
}
