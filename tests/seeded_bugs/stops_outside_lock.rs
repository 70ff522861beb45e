//! An idle actor finds its mailbox empty under a lock, and marks itself as stopped after the
//! release.
//!
//! A check-then-act race: a request that is posted in between sees a running actor and starts none.
//! There is no await between the two, so only threads or random schedules show the race.

use std::{collections::VecDeque, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use hotrow::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, UserId},
    store::{Snapshot, Store},
    strategy::{ConcurrencyStrategy, Family, Guarantees, step},
    sync::{
        Arc, Mutex,
        asynchronous::oneshot,
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::ALL_GUARANTEES;

/// An actor that stops with a race.
pub(super) struct StopsOutsideLock<S> {
    store: Arc<S>,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Actor {
    mailbox: Mutex<VecDeque<(Command, oneshot::Sender<Outcome>)>>,
    running: AtomicBool,
}

impl Actor {
    /// Posts a request. Returns whether the actor is marked as running.
    fn post(&self, command: Command, reply: oneshot::Sender<Outcome>) -> bool {
        let mut mailbox = self.mailbox.lock();
        mailbox.push_back((command, reply));
        self.running.swap(true, Ordering::SeqCst)
    }
}

impl<S: Store<PerUserState = Actor>> ConcurrencyStrategy for StopsOutsideLock<S> {
    type Store = S;

    const NAME: &'static str = "stops-outside-lock";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = ALL_GUARANTEES;

    fn new(store: S, policy: Policy) -> StopsOutsideLock<S> {
        StopsOutsideLock { store: Arc::new(store), policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.store.entry(command.user);
        let (reply, received) = oneshot::channel();
        let running = entry.post(command, reply);
        if !running {
            self.start(command.user);
        }
        received.await.unwrap_or(Err(Failure::Indeterminate(Fault::Abandoned)))
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLock(entry) => self.store.load(&entry).await,
        }
    }
}

impl<S: Store<PerUserState = Actor>> StopsOutsideLock<S> {
    fn start(&self, user: UserId) {
        let (store, policy) = (Arc::clone(&self.store), self.policy);
        task::spawn(async move {
            let entry = store.entry(user);
            loop {
                let request = entry.mailbox.lock().pop_front();
                let Some((command, reply)) = request else { break };
                let outcome = AssertUnwindSafe(step(&*store, &entry, &policy, command));
                let outcome = outcome.catch_unwind().await;
                // The client may have dropped its request.
                let _ = reply.send(outcome.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked))));
            }
            entry.running.store(false, Ordering::SeqCst);
        });
    }
}
