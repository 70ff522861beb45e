//! A fixed set of tasks owns all accounts between them; each user belongs to one.
//!
//! As an actor for each user, with fewer and busier ones: requests of many users meet in one
//! mailbox, are taken in batches, and share its lock and its wake-ups. There is a desk for each
//! core, or many more where the store suspends and a task would otherwise keep all its users
//! waiting while it waits for one.
//!
//! It wins with many requests in flight, where a batch makes hand-over cheap. It loses with few,
//! where every request waits for two hand-overs, and a slow command delays strangers.
//!
//! Order: that of the mailbox, first polled, first served, without a bound, since each caller has
//! one request in it at most. Cancellation: a request that is dropped before the task takes it
//! is not executed; one that was taken is executed to its end. Panic: that caller gets an unknown
//! outcome, the task goes on. Memory: nothing in the user's row; a mailbox and a task for each
//! desk in use.

use std::num::NonZero;

use super::{ConcurrencyStrategy, Desk, Family, Promises};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::Store,
    sync::{Arc, task, thread},
};

/// Desks where a task waits for its store: so many users can be waited for at once.
const DESKS_OF_A_STORE_THAT_SUSPENDS: usize = 256;

/// A fixed set of tasks owns all accounts between them.
pub struct ShardedActor<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    policy: Policy,
    desks: Box<[Padded]>,
}

/// A cache line of its own, with the one that is fetched beside it.
#[derive(Default)]
#[repr(align(128))]
struct Padded(Desk);

impl<S: Store<Slot = ()>> ConcurrencyStrategy for ShardedActor<S> {
    type Store = S;

    const NAME: &'static str = "sharded-actor";
    const FAMILY: Family = Family::Actor;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: false,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> ShardedActor<S> {
        let desks = match S::SUSPENDS {
            true => DESKS_OF_A_STORE_THAT_SUSPENDS,
            false => thread::available_parallelism().map_or(1, NonZero::get),
        };
        let desks = (0..desks).map(|_| Padded::default()).collect();
        ShardedActor { shared: Arc::new(Shared { store, policy, desks }) }
    }

    fn store(&self) -> &S {
        &self.shared.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let number = self.shared.desk_of(command.user);
        self.shared.desks[number].0.execute(command, || self.staff(number)).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        if self.shared.store.find(user).is_none() {
            return Ok(Account::default());
        }
        let number = self.shared.desk_of(user);
        self.shared.desks[number].0.read(user, || self.staff(number)).await
    }
}

impl<S: Store<Slot = ()>> ShardedActor<S> {
    fn staff(&self, number: usize) {
        let shared = Arc::clone(&self.shared);
        task::spawn(async move {
            shared.desks[number].0.serve(&shared.store, &shared.policy).await;
        });
    }
}

impl<S> Shared<S> {
    fn desk_of(&self, user: UserId) -> usize {
        let number = user.value() % self.desks.len() as u64;
        usize::try_from(number).expect("there are few desks")
    }
}

#[cfg(test)]
#[cfg(not(hotrow_loom))]
mod tests {
    use super::*;
    use crate::store::{Setup, Tables};

    /// Users whose numbers follow each other must not meet in one mailbox while others are idle.
    #[test]
    fn users_are_spread_over_all_desks() {
        let strategy = ShardedActor::new(Tables::<()>::open(&Setup::default()), Policy::default());
        let desks = DESKS_OF_A_STORE_THAT_SUSPENDS as u64;
        let user = |id| UserId::new(id).unwrap();
        let mut numbers: Vec<usize> =
            (1..=desks).map(|id| strategy.shared.desk_of(user(id))).collect();
        assert_eq!(strategy.shared.desk_of(user(desks + 1)), numbers[0]);
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..DESKS_OF_A_STORE_THAT_SUSPENDS));
    }
}
