//! The lock holder executes all waiters commands, and writes one ledger entry for all of them.
//!
//! Every balance and every reply is right, but the ledger has one command in place of many.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, Receipt, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::{Mutex, asynchronous, asynchronous::oneshot},
};

use super::ALL_GUARANTEES;

/// One ledger entry for a batch.
pub(super) struct BatchCollapsesEntries<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    waiters: Mutex<Vec<(Command, oneshot::Sender<Outcome>)>>,
}

impl<S: Store<PerUserState = Queue>> BatchCollapsesEntries<S> {
    async fn execute_all(&self, entry: &S::Entry<'_>) -> Result<(), Fault> {
        let waiters = std::mem::take(&mut *entry.waiters.lock());
        let before = self.store.load(entry).await?;
        let (mut account, mut last, mut answers) = (before, None, Vec::new());
        for (command, answer) in waiters {
            let outcome = command.decide(account, &self.policy);
            if let Ok(receipt) = outcome {
                account = receipt.after;
                last = Some(command);
            }
            answers.push((answer, outcome));
        }
        if let Some(command) = last {
            let after = Account { version: before.version + 1, ..account };
            self.store.commit(entry, &Receipt { command, before, after }).await?;
        }
        for (answer, outcome) in answers {
            let _ = answer.send(outcome.map_err(Failure::Rejected));
        }
        Ok(())
    }
}

impl<S: Store<PerUserState = Queue>> ConcurrencyStrategy for BatchCollapsesEntries<S> {
    type Store = S;

    const NAME: &'static str = "batch-collapses-entries";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> BatchCollapsesEntries<S> {
        BatchCollapsesEntries { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let (answer, received) = oneshot::channel();
        entry.waiters.lock().push((command, answer));
        let guard = entry.lock.lock().await;
        self.execute_all(&entry).await?;
        drop(guard);
        received.await.unwrap_or(Err(Failure::Indeterminate(Fault::Abandoned)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}
