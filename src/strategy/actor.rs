//! One task per user owns the account, and callers send it requests.
//!
//! The step needs no lock, because only that task executes it. A request and its reply pass through
//! a mailbox beside the account. The first request spawns the task, which [passivates][1] after it
//! has found its mailbox empty a few times.
//!
//! It wins where a step is long or needs state of its own: the task keeps that state, and a caller
//! that is dropped stops nothing.
//!
//! It loses on short steps: each request costs two context switches between tasks, and a read costs
//! as much as a command. With few callers its throughput is less than a tenth of a lock's. With
//! many requests in flight a batch shares the switches.
//!
//! It guarantees:
//! - Order: first in, first out, by first poll, so no request starves.
//! - Cancellation: a request that is dropped before the task takes it is not executed. A request
//!   that was taken is executed to its end.
//! - Panic: its caller gets an indeterminate outcome, and the task continues.
//! - Memory: 24 bytes beside the account, and a mailbox and a task while in use.
//!
//! [1]: https://doc.akka.io/libraries/akka-core/current/typed/cluster-sharding.html#passivation

use super::{ActorCell, ConcurrencyStrategy, Family, Guarantees};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    sync::{Arc, task},
};

/// One task per user owns the account.
pub struct Actor<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = ActorCell>> ConcurrencyStrategy for Actor<S> {
    type Store = S;

    const NAME: &'static str = "actor";
    const FAMILY: Family = Family::Actor;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
    };

    fn new(store: S, policy: Policy) -> Actor<S> {
        Actor { shared: Arc::new(Shared { store, policy }) }
    }

    fn store(&self) -> &S {
        &self.shared.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.shared.store.entry(command.user);
        entry.execute(command, || self.spawn_if_idle(command.user)).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(entry) = self.shared.store.get(user) else { return Ok(Account::default()) };
        entry.read(user, || self.spawn_if_idle(user)).await
    }
}

impl<S: Store<PerUserState = ActorCell>> Actor<S> {
    fn spawn_if_idle(&self, user: UserId) {
        let shared = Arc::clone(&self.shared);
        task::spawn(async move {
            let entry = shared.store.entry(user);
            entry.serve(&shared.store, &shared.policy).await;
        });
    }
}
