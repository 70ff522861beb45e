//! A map of locks from which the lock holder removes its lock after the command.
//!
//! Other commands may still wait for that lock. A newcomer creates a new one and runs at the same
//! time.

use std::collections::HashMap;

use hotrow::{
    domain::{Command, Outcome, UserId},
    sync::{Arc, Mutex, asynchronous},
};

use super::bug::{Bug, Shared, StoreOf};

/// A lock that is evicted while commands wait for it.
#[derive(Default)]
pub(super) struct LockEvictedWhileWaitedOn {
    locks: Mutex<HashMap<UserId, Arc<asynchronous::Mutex<()>>>>,
}

impl Bug for LockEvictedWhileWaitedOn {
    const NAME: &'static str = "lock-evicted-while-waited-on";
    type State = ();

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let lock = Arc::clone(self.locks.lock().entry(command.user).or_default());
        let _guard = lock.lock().await;
        let outcome = base.step(&entry, command).await;
        self.locks.lock().remove(&command.user);
        outcome
    }
}
