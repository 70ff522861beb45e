//! A command changes the balance first, and rolls the change back if a rule rejects it.
//!
//! Every outcome and every final balance is right, but a reader sees a balance that never existed.

use hotrow::{
    domain::{Account, Action, Command, Fault, Outcome, UserId},
    sync::{
        asynchronous,
        atomic::{AtomicU64, Ordering},
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A change that may be rolled back.
#[derive(Default)]
pub(super) struct DirtyReadThenRollback;

#[derive(Default)]
pub(super) struct Counter {
    lock: asynchronous::Mutex<()>,
    balance: AtomicU64,
}

impl Bug for DirtyReadThenRollback {
    const NAME: &'static str = "dirty-read-then-rollback";
    type State = Counter;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let _guard = entry.lock.lock().await;
        let delta = match command.action {
            Action::Charge(amount) => amount.points(),
            Action::Use(amount) => amount.points().wrapping_neg(),
        };
        entry.balance.fetch_add(delta, Ordering::SeqCst);
        let outcome = base.step(&entry, command).await;
        if outcome.is_err() {
            entry.balance.fetch_sub(delta, Ordering::SeqCst);
        }
        outcome
    }

    async fn read<S: StoreOf<Self>>(
        &self,
        base: &Shared<S>,
        user: UserId,
    ) -> Result<Account, Fault> {
        let entry = base.store.entry(user);
        let balance = entry.balance.load(Ordering::SeqCst);
        match base.store.snapshot(user).consistent() {
            Some(account) => Ok(Account { balance, ..account }),
            None => Ok(Account { balance, ..base.store.load(&entry).await? }),
        }
    }
}
