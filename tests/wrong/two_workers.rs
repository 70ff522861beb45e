//! Two workers for one user, each with a line of its own.
//!
//! The mistake of whoever adds a worker because one is slow. No update is lost, as only one of them works at a
//! time; but who comes to the shorter line is served before others who came first.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::asynchronous,
};

use super::ALL_PROMISES;

/// Two lines for one user.
pub(super) struct TwoWorkers<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Lines {
    lines: [asynchronous::Mutex<()>; 2],
    turn: asynchronous::Mutex<()>,
}

impl<S: Store<Slot = Lines>> ConcurrencyStrategy for TwoWorkers<S> {
    type Store = S;

    const NAME: &'static str = "two-workers";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> TwoWorkers<S> {
        TwoWorkers { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let spread = command.action.amount().points().is_multiple_of(3);
        let _place = row.lines[usize::from(spread)].lock().await;
        let _turn = row.turn.lock().await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
