//! A future writes the balance and the ledger entry in two steps, with an await between them.
//!
//! A caller that drops the future there leaves a balance without its ledger entry.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::{asynchronous, task},
};

use super::ALL_GUARANTEES;

/// Two writes with an await between them.
pub(super) struct CancelBetweenWrites<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<Account>>> ConcurrencyStrategy
    for CancelBetweenWrites<S>
{
    type Store = S;

    const NAME: &'static str = "cancel-between-writes";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> CancelBetweenWrites<S> {
        CancelBetweenWrites { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let mut account = entry.lock().await;
        if *account == Account::default() {
            *account = self.store.load(&entry).await?;
        }
        let receipt = command.decide(*account, &self.policy)?;
        *account = receipt.after;
        task::yield_now().await;
        self.store.commit(&entry, &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.store.entry(user).lock().await)
    }
}
