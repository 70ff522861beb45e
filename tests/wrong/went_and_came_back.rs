//! A commit that looks whether the balance is still what it was, and not whether anything has changed.
//!
//! The mistake called ABA. A balance that went away and came back is taken for one that never moved, and the
//! command is written to the place in the history that was free before.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A balance without a version.
pub(super) struct WentAndCameBack<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for WentAndCameBack<S> {
    type Store = S;

    const NAME: &'static str = "went-and-came-back";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> WentAndCameBack<S> {
        WentAndCameBack { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        loop {
            let before = self.store.load(&row).await?;
            let receipt = command.decide(before, &self.policy)?;
            let _comparing = row.lock().await;
            if self.store.load(&row).await?.balance == before.balance {
                self.store.commit(&row, &receipt).await?;
                return Ok(receipt);
            }
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
