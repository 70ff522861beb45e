//! The lock protects the balance alone, and the ledger entry is written after its release.
//!
//! Two commands leave the lock in order, but their entries can reach the ledger in another order.

use std::collections::HashMap;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::{Arc, Mutex, asynchronous},
};

use super::ALL_GUARANTEES;

/// A ledger write outside the lock.
pub(super) struct LedgerWriteOutsideLock<S> {
    store: S,
    policy: Policy,
    accounts: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<Account>>>>,
}

impl<S> LedgerWriteOutsideLock<S> {
    fn account(&self, user: UserId) -> Arc<asynchronous::Mutex<Account>> {
        Arc::clone(self.accounts.lock().entry(user).or_default())
    }
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for LedgerWriteOutsideLock<S> {
    type Store = S;

    const NAME: &'static str = "ledger-write-outside-lock";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LedgerWriteOutsideLock<S> {
        LedgerWriteOutsideLock { store, policy, accounts: Mutex::default() }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let account = self.account(command.user);
        let mut locked = account.lock().await;
        let receipt = command.decide(*locked, &self.policy)?;
        *locked = receipt.after;
        drop(locked);
        self.store.commit(&self.store.entry(command.user), &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.account(user).lock().await)
    }
}
