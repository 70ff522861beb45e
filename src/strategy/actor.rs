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

use super::{ActorCell, Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::Store,
    sync::{Arc, task},
};

/// One task per user owns the account.
pub struct Actor<S>(Arc<Base<S>>);

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
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Actor<S> {
        Actor(Arc::new(base))
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        entry.execute(command, || self.spawn_if_idle(command.user)).await
    }

    /// None: a read is a request like any other.
    fn read_sync(&self, _user: UserId) -> Option<Account> {
        None
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let Some(entry) = self.0.store.get(user) else { return Ok(Account::default()) };
        entry.read(user, || self.spawn_if_idle(user)).await
    }
}

impl<S: Store<PerUserState = ActorCell>> Actor<S> {
    fn spawn_if_idle(&self, user: UserId) {
        let base = Arc::clone(&self.0);
        task::spawn(async move { base.store.entry(user).serve(&base).await });
    }
}
