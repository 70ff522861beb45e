//! A command is acknowledged when its balance is known, and a task writes it later.
//!
//! The ledger and the balance in the store lag behind the replies, and are lost with the process.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, UserId},
    sync::{Arc, asynchronous, task},
};

use super::bug::{Bug, Shared, StoreOf, unwritten};

/// An answer before the write.
#[derive(Default)]
pub(super) struct AckBeforeWrite;

impl Bug for AckBeforeWrite {
    const NAME: &'static str = "ack-before-write";
    type State = asynchronous::Mutex<Account>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let mut account = entry.lock().await;
        if *account == Account::default() {
            *account = base.store.load(&entry).await?;
        }
        let receipt = command.decide(*account, &base.policy)?;
        *account = receipt.after;
        drop(account);
        let base = Arc::clone(base);
        task::spawn(
            async move { base.store.commit(&base.store.entry(command.user), &receipt).await },
        );
        Ok(unwritten(receipt))
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        Ok(*base.store.entry(user).lock().await)
    }
}
