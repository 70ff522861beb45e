//! One task for each user in turn owns the account; everybody else sends it requests.
//!
//! Nothing is locked around the step, because only one task ever runs it. A request goes through a
//! bounded mailbox beside the account, and its reply comes back through the same. The task starts
//! with the first request and ends when it has been idle for a few turns of the scheduler.
//!
//! It wins where a step is long, or is more than one user's command should be alone with: the task
//! can hold state, and a caller that goes away stops nothing. It loses on short steps: each request
//! costs two hand-overs between tasks, and reads cost as much as commands.
//!
//! Order: that of the mailbox, first polled, first served, without a bound, since each caller has
//! one request in it at most. Cancellation: a request that is dropped before the task takes it
//! is not executed; one that was taken is executed to its end. Panic: that caller gets an unknown
//! outcome, the task goes on. Memory: 24 bytes in the user's row; a mailbox and a task while in use.

use super::{ConcurrencyStrategy, Desk, Family, Promises};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    sync::{Arc, task},
};

/// One task for each user in turn owns the account.
pub struct Actor<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<Slot = Desk>> ConcurrencyStrategy for Actor<S> {
    type Store = S;

    const NAME: &'static str = "actor";
    const FAMILY: Family = Family::Actor;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Actor<S> {
        Actor { shared: Arc::new(Shared { store, policy }) }
    }

    fn store(&self) -> &S {
        &self.shared.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.shared.store.row(command.user);
        row.execute(command, || self.staff(command.user)).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(row) = self.shared.store.find(user) else { return Ok(Account::default()) };
        row.read(user, || self.staff(user)).await
    }
}

impl<S: Store<Slot = Desk>> Actor<S> {
    fn staff(&self, user: UserId) {
        let shared = Arc::clone(&self.shared);
        task::spawn(async move {
            let row = shared.store.row(user);
            row.serve(&shared.store, &shared.policy).await;
        });
    }
}
