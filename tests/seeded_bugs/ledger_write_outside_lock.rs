//! The lock protects the balance alone, and the ledger entry is written after its release.
//!
//! Two commands leave the lock in order, but their entries can reach the ledger in another order.

use std::collections::HashMap;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{Arc, Mutex, asynchronous},
};

use super::bug::{Bug, Shared, StoreOf};

/// A ledger write outside the lock.
#[derive(Default)]
pub(super) struct LedgerWriteOutsideLock {
    accounts: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<Account>>>>,
}

impl LedgerWriteOutsideLock {
    fn account(&self, user: UserId) -> Arc<asynchronous::Mutex<Account>> {
        Arc::clone(self.accounts.lock().entry(user).or_default())
    }
}

impl Bug for LedgerWriteOutsideLock {
    const NAME: &'static str = "ledger-write-outside-lock";
    type State = ();

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let account = self.account(command.user);
        let mut locked = account.lock().await;
        let receipt = command.decide(*locked, &base.policy)?;
        *locked = receipt.after;
        drop(locked);
        Ok(base.store.commit(&base.store.entry(command.user), &receipt).await?)
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        _base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        Ok(*self.account(user).lock().await)
    }
}
