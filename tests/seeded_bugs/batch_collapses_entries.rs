//! The lock holder executes all waiters commands, and writes one ledger entry for all of them.
//!
//! Every balance and every reply is right, but the ledger has one command in place of many.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Receipt},
    sync::{Mutex, asynchronous, asynchronous::oneshot},
};

use super::bug::{Bug, Shared, StoreOf, unwritten};

/// One ledger entry for a batch.
#[derive(Default)]
pub(super) struct BatchCollapsesEntries;

#[derive(Default)]
pub(super) struct Queue {
    lock: asynchronous::Mutex<()>,
    waiters: Mutex<Vec<(Command, oneshot::Sender<Outcome>)>>,
}

/// Executes all waiting commands, and writes one ledger entry.
async fn execute_all<S: StoreOf<BatchCollapsesEntries>>(
    base: &Shared<S>,
    entry: &S::Entry<'_>,
) -> Result<(), Failure> {
    let waiters = std::mem::take(&mut *entry.waiters.lock());
    let before = base.store.load(entry).await?;
    let (mut account, mut last, mut answers) = (before, None, Vec::new());
    for (command, answer) in waiters {
        let outcome = command.decide(account, &base.policy);
        if let Ok(receipt) = outcome {
            account = receipt.after;
            last = Some(command);
        }
        answers.push((answer, outcome));
    }
    if let Some(command) = last {
        let after = Account { version: before.version + 1, ..account };
        base.store.commit(entry, &Receipt { command, before, after }).await?;
    }
    for (answer, outcome) in answers {
        let _ = answer.send(outcome.map(unwritten).map_err(Failure::Rejected));
    }
    Ok(())
}

impl Bug for BatchCollapsesEntries {
    const NAME: &'static str = "batch-collapses-entries";
    type State = Queue;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let (answer, received) = oneshot::channel();
        entry.waiters.lock().push((command, answer));
        let guard = entry.lock.lock().await;
        execute_all(base, &entry).await?;
        drop(guard);
        received.await.unwrap_or(Err(Failure::Indeterminate(Fault::Abandoned)))
    }
}
