//! One lock for charging and another for using.
//!
//! The mistake of whoever guards functions and not the account. Charges exclude each other and so do
//! uses, and a test of either alone sees nothing.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// A lock for charges and a lock for uses.
pub(super) struct TwoLocks<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Locks {
    charges: asynchronous::Mutex<()>,
    uses: asynchronous::Mutex<()>,
}

impl<S: Store<Slot = Locks>> ConcurrencyStrategy for TwoLocks<S> {
    type Store = S;

    const NAME: &'static str = "two-locks";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TwoLocks<S> {
        TwoLocks { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let lock = match command.action {
            Action::Charge(_) => &row.charges,
            Action::Use(_) => &row.uses,
        };
        let _turn = lock.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
