//! Two queues for one user, which take the lock of the user in any order.
//!
//! No update is lost, but a command in the shorter queue overtakes older ones.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// Two queues for one user.
pub(super) struct TwoConsumersPerUser<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Queues {
    queues: [asynchronous::Mutex<()>; 2],
    lock: asynchronous::Mutex<()>,
}

impl<S: Store<PerUserState = Queues>> ConcurrencyStrategy for TwoConsumersPerUser<S> {
    type Store = S;

    const NAME: &'static str = "two-consumers-per-user";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> TwoConsumersPerUser<S> {
        TwoConsumersPerUser { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let is_second = command.action.amount().points().is_multiple_of(3);
        let _position = entry.queues[usize::from(is_second)].lock().await;
        let _guard = entry.lock.lock().await;
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
