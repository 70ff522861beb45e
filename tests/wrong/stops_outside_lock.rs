//! An actor that finds its mailbox empty under a lock, and marks itself stopped after it.
//!
//! A check-then-act race on the end of an idle actor. A request that is posted between the two finds an
//! actor that is marked as running, starts none, and waits for one that is about to end. Nothing
//! suspends between the two, so no order of polls shows it: only two threads can, or a schedule that
//! comes between any two accesses to what tasks share.

use std::{collections::VecDeque, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{
        Arc, Mutex,
        asynchronous::oneshot,
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::ALL_PROMISES;

/// An actor whose end is a race.
pub(super) struct StopsOutsideLock<S> {
    store: Arc<S>,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Actor {
    mailbox: Mutex<VecDeque<(Command, oneshot::Sender<Outcome>)>>,
    runs: AtomicBool,
}

impl Actor {
    /// Posts a request, and says whether there is a task that is going to serve it.
    fn post(&self, command: Command, reply: oneshot::Sender<Outcome>) -> bool {
        let mut mailbox = self.mailbox.lock();
        mailbox.push_back((command, reply));
        self.runs.swap(true, Ordering::SeqCst)
    }
}

impl<S: Store<Slot = Actor>> ConcurrencyStrategy for StopsOutsideLock<S> {
    type Store = S;

    const NAME: &'static str = "stops-outside-lock";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> StopsOutsideLock<S> {
        StopsOutsideLock { store: Arc::new(store), policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let (reply, replied) = oneshot::channel();
        let runs = row.post(command, reply);
        if !runs {
            self.start(command.user);
        }
        replied.await.unwrap_or(Err(Failure::Unknown(Fault::Abandoned)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}

impl<S: Store<Slot = Actor>> StopsOutsideLock<S> {
    fn start(&self, user: UserId) {
        let (store, policy) = (Arc::clone(&self.store), self.policy);
        task::spawn(async move {
            let row = store.row(user);
            loop {
                let request = row.mailbox.lock().pop_front();
                let Some((command, reply)) = request else { break };
                let outcome = AssertUnwindSafe(step(&*store, &row, &policy, command));
                let outcome = outcome.catch_unwind().await;
                // Its client may be gone.
                let _ = reply.send(outcome.unwrap_or(Err(Failure::Unknown(Fault::Panicked))));
            }
            row.runs.store(false, Ordering::SeqCst);
        });
    }
}
