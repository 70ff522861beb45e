//! No concurrency control: the negative control, which every check must detect.
//!
//! It loads, decides and commits without any lock. Two commands that load the same balance both
//! commit their result, and one of the two updates is lost although both were acknowledged.
//!
//! It wins where no two commands are concurrent. It loses updates everywhere else. It guarantees no
//! order and no atomicity. Its figures show the cost of an incorrect answer.

use super::{ConcurrencyStrategy, Family, Guarantees, step, step_ready};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
};

/// No concurrency control.
pub struct Unsynchronized<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for Unsynchronized<S> {
    type Store = S;

    const NAME: &'static str = "unsynchronized";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, policy: Policy) -> Unsynchronized<S> {
        Unsynchronized { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        if S::IS_ASYNC {
            return None;
        }
        let entry = self.store.entry(command.user);
        Some(step_ready(&self.store, &entry, &self.policy, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        step(&self.store, &entry, &self.policy, command).await
    }

    #[inline(always)]
    fn read_sync(&self, user: UserId) -> Option<Account> {
        self.store.snapshot(user).consistent()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
