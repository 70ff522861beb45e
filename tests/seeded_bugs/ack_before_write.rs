//! A command is acknowledged when its balance is known, and a task writes it later.
//!
//! The ledger and the balance in the store lag behind the replies, and are lost with the process.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::{Arc, asynchronous, task},
};

use super::ALL_GUARANTEES;

/// An answer before the write.
pub(super) struct AckBeforeWrite<S> {
    store: Arc<S>,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<Account>>> ConcurrencyStrategy
    for AckBeforeWrite<S>
{
    type Store = S;

    const NAME: &'static str = "ack-before-write";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> AckBeforeWrite<S> {
        AckBeforeWrite { store: Arc::new(store), policy }
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
        drop(account);
        let store = Arc::clone(&self.store);
        task::spawn(async move { store.commit(&store.entry(command.user), &receipt).await });
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.store.entry(user).lock().await)
    }
}
