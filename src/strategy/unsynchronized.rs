//! No concurrency control: the negative control, which every check must detect.
//!
//! It loads, decides and commits without any lock. Two commands that load the same balance both
//! commit their result, and one of the two updates is lost although both were acknowledged.
//!
//! It wins where no two commands are concurrent. It loses updates everywhere else. It guarantees no
//! order and no atomicity. Its figures show the cost of an incorrect answer.

use super::{Base, ConcurrencyStrategy, Family, Guarantees, Scope};
use crate::{
    domain::{Command, Outcome},
    store::Store,
};

/// No concurrency control.
pub struct Unsynchronized<S>(Base<S>);

impl<S: Store<PerUserState = ()>> ConcurrencyStrategy for Unsynchronized<S> {
    type Store = S;

    const NAME: &'static str = "unsynchronized";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Unsynchronized<S> {
        Unsynchronized(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        if S::IS_ASYNC {
            return None;
        }
        let entry = self.0.store.entry(command.user);
        Some(self.0.step_ready(&entry, command))
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        self.0.step(&entry, command).await
    }
}
