//! A history that is appended to when the turn has been given up.
//!
//! The mistake of whoever keeps the lock for the balance alone. Two commands come out of it one after the
//! other, and their lines overtake each other on the way to the history.

use std::collections::HashMap;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::{Arc, Mutex, asynchronous},
};

use super::ALL_PROMISES;

/// A line outside the turn.
pub(super) struct LineOutsideTurn<S> {
    store: S,
    policy: Policy,
    accounts: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<Account>>>>,
}

impl<S> LineOutsideTurn<S> {
    fn account(&self, user: UserId) -> Arc<asynchronous::Mutex<Account>> {
        Arc::clone(self.accounts.lock().entry(user).or_default())
    }
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for LineOutsideTurn<S> {
    type Store = S;

    const NAME: &'static str = "line-outside-turn";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LineOutsideTurn<S> {
        LineOutsideTurn { store, policy, accounts: Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let account = self.account(command.user);
        let mut turn = account.lock().await;
        let receipt = command.decide(*turn, &self.policy)?;
        *turn = receipt.after;
        drop(turn);
        self.store.commit(&self.store.row(command.user), &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.account(user).lock().await)
    }
}
