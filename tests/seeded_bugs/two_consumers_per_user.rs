//! Two queues for one user, which take the lock of the user in any order.
//!
//! No update is lost, but a command in the shorter queue overtakes older ones.

use hotrow::{
    domain::{Command, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// Two queues for one user.
#[derive(Default)]
pub(super) struct TwoConsumersPerUser;

#[derive(Default)]
pub(super) struct Queues {
    queues: [asynchronous::Mutex<()>; 2],
    lock: asynchronous::Mutex<()>,
}

impl Bug for TwoConsumersPerUser {
    const NAME: &'static str = "two-consumers-per-user";
    type State = Queues;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let is_second = command.action.amount().points().is_multiple_of(3);
        let _position = entry.queues[usize::from(is_second)].lock().await;
        let _guard = entry.lock.lock().await;
        base.step(&entry, command).await
    }
}
