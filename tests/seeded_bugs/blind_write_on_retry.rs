//! A compare-and-set loop whose retry writes without comparing.
//!
//! The mistake shows only if another command commits during the retry.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{ConditionalStore, Snapshot},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
};

use super::ALL_GUARANTEES;

/// A retry without a comparison.
pub(super) struct BlindWriteOnRetry<S> {
    store: S,
    policy: Policy,
}

impl<S: ConditionalStore<PerUserState = ()>> ConcurrencyStrategy for BlindWriteOnRetry<S> {
    type Store = S;

    const NAME: &'static str = "blind-write-on-retry";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> BlindWriteOnRetry<S> {
        BlindWriteOnRetry { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let before = self.store.load(&entry).await?;
        let receipt = command.decide(before, &self.policy)?;
        if self.store.commit_if_unchanged(&entry, &receipt).await? {
            return Ok(receipt);
        }
        step(&self.store, &entry, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
