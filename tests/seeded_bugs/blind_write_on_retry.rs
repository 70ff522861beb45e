//! A compare-and-set loop whose retry writes without comparing.
//!
//! The mistake shows only if another command commits during the retry.

use hotrow::{
    domain::{Command, Outcome},
    store::ConditionalStore,
    strategy::{Base, ConcurrencyStrategy, Family, Guarantees},
};

use super::bug::ALL_GUARANTEES;

/// A retry without a comparison.
pub(super) struct BlindWriteOnRetry<S>(Base<S>);

impl<S: ConditionalStore<PerUserState = ()>> ConcurrencyStrategy for BlindWriteOnRetry<S> {
    type Store = S;

    const NAME: &'static str = "blind-write-on-retry";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn over(base: Base<S>) -> BlindWriteOnRetry<S> {
        BlindWriteOnRetry(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    async fn execute(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.0;
        let entry = store.entry(command.user);
        let before = store.load(&entry).await?;
        let receipt = command.decide(before, policy)?;
        match store.commit_if_unchanged(&entry, &receipt).await? {
            Some(written) => Ok(written),
            None => self.0.step(&entry, command).await,
        }
    }
}
