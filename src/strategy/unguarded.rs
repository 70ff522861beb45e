//! No control at all: the floor under the cost of every other, and what the suite must catch.
//!
//! Load, decide and commit with nothing around them. Two commands that load the same balance both
//! commit what they made of it, and one of them is lost although both were acknowledged.
//! It wins where nothing is ever concurrent. It loses points everywhere else.
//! It promises nothing, and its numbers are what a wrong answer costs.

use super::{ConcurrencyStrategy, Family, Promises, step, step_at_once};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
};

/// No control at all.
pub struct Unguarded<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = ()>> ConcurrencyStrategy for Unguarded<S> {
    type Store = S;

    const NAME: &'static str = "unguarded";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = Promises {
        sound: false,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Unguarded<S> {
        Unguarded { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        if S::SUSPENDS {
            return None;
        }
        let row = self.store.row(command.user);
        Some(step_at_once(&self.store, &row, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        step(&self.store, &row, &self.policy, command).await
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        self.store.peek(user).whole()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
