//! A turn that does the work of all who wait, and writes one line for it.
//!
//! The mistake of whoever saves writes. Every balance is right, and so is every reply; but what was done for
//! those who had to wait is in the history as one command, under one name.

use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, Receipt, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises},
    sync::{Mutex, asynchronous, asynchronous::oneshot},
};

use super::ALL_PROMISES;

/// One line for all who wait.
pub(super) struct LinesMerged<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    turn: asynchronous::Mutex<()>,
    waiting: Mutex<Vec<(Command, oneshot::Sender<Outcome>)>>,
}

impl<S: Store<Slot = Line>> LinesMerged<S> {
    async fn serve_all(&self, row: &S::Row<'_>) -> Result<(), Fault> {
        let waiting = std::mem::take(&mut *row.waiting.lock());
        let before = self.store.load(row).await?;
        let (mut account, mut last, mut answers) = (before, None, Vec::new());
        for (command, answer) in waiting {
            let outcome = command.decide(account, &self.policy);
            if let Ok(receipt) = outcome {
                account = receipt.after;
                last = Some(command);
            }
            answers.push((answer, outcome));
        }
        if let Some(command) = last {
            let after = Account { version: before.version + 1, ..account };
            self.store.commit(row, &Receipt { command, before, after }).await?;
        }
        for (answer, outcome) in answers {
            let _ = answer.send(outcome.map_err(Failure::Rejected));
        }
        Ok(())
    }
}

impl<S: Store<Slot = Line>> ConcurrencyStrategy for LinesMerged<S> {
    type Store = S;

    const NAME: &'static str = "lines-merged";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> LinesMerged<S> {
        LinesMerged { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let (answer, answered) = oneshot::channel();
        row.waiting.lock().push((command, answer));
        let turn = row.turn.lock().await;
        self.serve_all(&row).await?;
        drop(turn);
        answered.await.unwrap_or(Err(Failure::Unknown(Fault::Abandoned)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
