//! A command that is answered when its balance is known, and written when there is time.
//!
//! The mistake of whoever takes the write off the caller's path. The history and the balance in the store
//! lag behind what callers have been told, and are lost with the process.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::{Arc, asynchronous, task},
};

use super::ALL_PROMISES;

/// An answer before the write.
pub(super) struct LineAfterReply<S> {
    store: Arc<S>,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<Account>>> ConcurrencyStrategy for LineAfterReply<S> {
    type Store = S;

    const NAME: &'static str = "line-after-reply";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LineAfterReply<S> {
        LineAfterReply { store: Arc::new(store), policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let mut account = row.lock().await;
        if *account == Account::default() {
            *account = self.store.load(&row).await?;
        }
        let receipt = command.decide(*account, &self.policy)?;
        *account = receipt.after;
        drop(account);
        let store = Arc::clone(&self.store);
        task::spawn(async move { store.commit(&store.row(command.user), &receipt).await });
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(*self.store.row(user).lock().await)
    }
}
