//! A lock that is a flag, which a command first tests and then sets.
//!
//! Two commands can both find it free before either sets it.

use hotrow::{
    domain::{Command, Outcome},
    sync::{
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// A flag as a lock.
#[derive(Default)]
pub(super) struct TestThenSet;

impl Bug for TestThenSet {
    const NAME: &'static str = "test-then-set";
    type State = AtomicBool;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        while entry.load(Ordering::SeqCst) {
            task::yield_now().await;
        }
        // During this yield another command can find the flag clear as well.
        task::yield_now().await;
        entry.store(true, Ordering::SeqCst);
        let outcome = base.step(&entry, command).await;
        entry.store(false, Ordering::SeqCst);
        outcome
    }
}
