//! The ledger entry is written before the command is validated.
//!
//! Balances are right, but the ledger lists rejected commands.

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::asynchronous,
};

use super::ALL_GUARANTEES;

/// A ledger of requests.
pub(super) struct LogBeforeValidate<S> {
    store: S,
    policy: Policy,
}

impl<S: Store<PerUserState = asynchronous::Mutex<()>>> ConcurrencyStrategy
    for LogBeforeValidate<S>
{
    type Store = S;

    const NAME: &'static str = "log-before-validate";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> LogBeforeValidate<S> {
        LogBeforeValidate { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let _guard = entry.lock().await;
        let before = self.store.load(&entry).await?;
        let decided = command.decide(before, &self.policy);
        let unchanged = Account { version: before.version + 1, ..before };
        let unvalidated = Receipt { command, before, after: unchanged };
        let receipt = decided.as_ref().map_or(unvalidated, |receipt| *receipt);
        self.store.commit(&entry, &receipt).await?;
        Ok(decided?)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
