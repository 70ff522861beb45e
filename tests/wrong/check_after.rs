//! A balance that is changed first, and changed back if it should not have been.
//!
//! The mistake of whoever has an atomic addition and wants to use it. Every outcome is right and so is
//! the balance in the end; in between, whoever reads sees points that were never there.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::ALL_PROMISES;

/// A change that is taken back.
pub(super) struct CheckAfter<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Counter {
    turn: asynchronous::Mutex<()>,
    balance: AtomicU64,
}

impl<S: Store<Slot = Counter>> ConcurrencyStrategy for CheckAfter<S> {
    type Store = S;

    const NAME: &'static str = "check-after";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> CheckAfter<S> {
        CheckAfter { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.turn.lock().await;
        let delta = match command.action {
            Action::Charge(amount) => amount.points(),
            Action::Use(amount) => amount.points().wrapping_neg(),
        };
        row.balance.fetch_add(delta, Ordering::SeqCst);
        let outcome = step(&self.store, &row, &self.policy, command).await;
        if outcome.is_err() {
            row.balance.fetch_sub(delta, Ordering::SeqCst);
        }
        outcome
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(user);
        let balance = row.balance.load(Ordering::SeqCst);
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(Account { balance, ..account }),
            Peek::TakeTurn(row) => Ok(Account { balance, ..self.store.load(&row).await? }),
        }
    }
}
