//! A balance that rolls over like a meter when it is full.
//!
//! The mistake of whoever takes the maximum for the end of the number. Nothing is refused: what goes past the
//! maximum begins again at zero.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A balance that rolls over.
pub(super) struct RollsOver<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = asynchronous::Mutex<()>>> ConcurrencyStrategy for RollsOver<S> {
    type Store = S;

    const NAME: &'static str = "rolls-over";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> RollsOver<S> {
        RollsOver { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        let before = self.store.load(&row).await?;
        let receipt = match command.action {
            Action::Use(_) => command.decide(before, &self.policy)?,
            Action::Charge(amount) => {
                let balance =
                    (before.balance + amount.points()) % (self.policy.bounds().balance_max + 1);
                let after = Account { balance, version: before.version + 1 };
                Receipt { command, before, after }
            }
        };
        self.store.commit(&row, &receipt).await?;
        Ok(receipt)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
