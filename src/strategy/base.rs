//! What every strategy is built over: a store, and the policy of its commands.

use crate::{
    domain::{Command, Outcome, Policy},
    store::{Store, SyncStore},
};

use super::{step, step_ready, step_sync};

/// A store and the policy of its commands.
#[derive(Debug)]
pub struct Base<S> {
    /// The store of the accounts.
    pub store: S,
    /// The policy that every command must pass.
    pub policy: Policy,
}

impl<S: Store> Base<S> {
    /// Executes `command` in a [`step`] on `entry`, to which the caller has exclusive access.
    ///
    /// # Errors
    /// [`Failure`](crate::domain::Failure) if the policy rejects the command or the store fails.
    #[inline]
    pub async fn step(&self, entry: &S::Entry<'_>, command: Command) -> Outcome {
        step(&self.store, entry, &self.policy, command).await
    }

    /// As [`step`](Base::step), on a store whose futures are ready at the first poll.
    ///
    /// # Errors
    /// As for [`step`](Base::step).
    #[inline(always)]
    pub fn step_ready(&self, entry: &S::Entry<'_>, command: Command) -> Outcome {
        step_ready(&self.store, entry, &self.policy, command)
    }

    /// As [`step`](Base::step), on a synchronous store.
    ///
    /// # Errors
    /// [`Failure`](crate::domain::Failure) if the policy rejects the command.
    #[inline(always)]
    pub fn step_sync(&self, entry: &S::Entry<'_>, command: Command) -> Outcome
    where
        S: SyncStore,
    {
        step_sync(&self.store, entry, &self.policy, command)
    }
}
