//! A fixed set of actors owns all accounts, and each user belongs to one of them.
//!
//! Requests of many users share one mailbox. They are taken in batches, so they also share its lock
//! and its wake-ups. There is one actor per core. On an asynchronous store there are many more,
//! since an actor that waits for one user keeps all its other users waiting.
//!
//! It wins with many requests in flight, where a batch shares the context switches.
//!
//! It loses with few requests, where each of them waits for two context switches. A slow command
//! delays the other users of its shard.
//!
//! It guarantees:
//! - Order: first in, first out, by first poll, so no request starves.
//! - Cancellation: a request that is dropped before the task takes it is not executed. A request
//!   that was taken is executed to its end.
//! - Panic: its caller gets an indeterminate outcome, and the task continues.
//! - Memory: nothing beside the account, and a mailbox and a task per shard in use.

use std::num::NonZero;

use crossbeam_utils::CachePadded;

use super::{ActorCell, Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::Store,
    sync::{Arc, task, thread},
};

/// Shards on an asynchronous store: the number of steps that can wait for the store at the same
/// time.
const SHARDS_ON_ASYNC_STORE: usize = 256;

/// A fixed set of actors owns all accounts.
pub struct ShardedActor<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    base: Base<S>,
    shards: Box<[CachePadded<ActorCell>]>,
}

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for ShardedActor<S> {
    type Store = S;

    const NAME: &'static str = "sharded-actor";
    const FAMILY: Family = Family::Actor;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: false,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> ShardedActor<S> {
        let shards = match S::IS_ASYNC {
            true => SHARDS_ON_ASYNC_STORE,
            false => thread::available_parallelism().map_or(1, NonZero::get),
        };
        let shards = (0..shards).map(|_| CachePadded::default()).collect();
        ShardedActor { shared: Arc::new(Shared { base, shards }) }
    }

    fn base(&self) -> &Base<S> {
        &self.shared.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let number = self.shared.shard_of(command.user);
        self.shared.shards[number].execute(command, || self.spawn_if_idle(number)).await
    }

    /// None: a read is a request like any other.
    fn read_sync(&self, _user: UserId) -> Option<Account> {
        None
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        if self.store().get(user).is_none() {
            return Ok(Account::default());
        }
        let number = self.shared.shard_of(user);
        self.shared.shards[number].read(user, || self.spawn_if_idle(number)).await
    }
}

impl<S: Store<PerUserState = ()>> ShardedActor<S> {
    fn spawn_if_idle(&self, number: usize) {
        let shared = Arc::clone(&self.shared);
        task::spawn(async move {
            shared.shards[number].serve(&shared.base).await;
        });
    }
}

impl<S> Shared<S> {
    fn shard_of(&self, user: UserId) -> usize {
        let number = user.value() % self.shards.len() as u64;
        usize::try_from(number).expect("there are few shards")
    }
}

#[cfg(test)]
#[cfg(not(hotrow_loom))]
mod tests {
    use super::*;
    use crate::{
        domain::Policy,
        store::{Simulated, StoreConfig},
    };

    /// Consecutive user ids must spread over all shards, and not share one mailbox while others
    /// idle.
    #[test]
    fn users_are_spread_over_all_shards() {
        let strategy =
            ShardedActor::new(Simulated::<()>::new(&StoreConfig::default()), Policy::default());
        let shards = SHARDS_ON_ASYNC_STORE as u64;
        let user = |id| UserId::new(id).unwrap();
        let mut numbers: Vec<usize> =
            (1..=shards).map(|id| strategy.shared.shard_of(user(id))).collect();
        assert_eq!(strategy.shared.shard_of(user(shards + 1)), numbers[0]);
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..SHARDS_ON_ASYNC_STORE));
    }
}
