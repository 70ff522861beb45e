//! Each command waits for the one before it, and fails if that one failed.
//!
//! After one rejection every later command of the user fails.

use hotrow::{
    domain::{Command, Failure, Fault, Outcome},
    sync::asynchronous,
};

use super::bug::{Bug, Shared, StoreOf};

/// A chain that one rejection breaks.
#[derive(Default)]
pub(super) struct BrokenPromiseChain;

impl Bug for BrokenPromiseChain {
    const NAME: &'static str = "broken-promise-chain";
    type State = asynchronous::Mutex<bool>;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let mut broken = entry.lock().await;
        if *broken {
            return Err(Failure::Indeterminate(Fault::Abandoned));
        }
        let outcome = base.step(&entry, command).await;
        *broken = outcome.is_err();
        outcome
    }
}
