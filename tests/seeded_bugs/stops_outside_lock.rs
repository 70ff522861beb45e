//! An idle actor finds its mailbox empty under a lock, and marks itself as stopped after the
//! release.
//!
//! A check-then-act race: a request that is posted in between sees a running actor and starts none.
//! There is no await between the two, so only threads or random schedules show the race.

use std::{collections::VecDeque, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use hotrow::{
    domain::{Command, Failure, Fault, Outcome, UserId},
    sync::{
        Arc, Mutex,
        asynchronous::oneshot,
        atomic::{AtomicBool, Ordering},
        task,
    },
};

use super::bug::{Bug, Shared, StoreOf};

/// An actor that stops with a race.
#[derive(Default)]
pub(super) struct StopsOutsideLock;

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

impl Bug for StopsOutsideLock {
    const NAME: &'static str = "stops-outside-lock";
    type State = Actor;

    async fn execute<S: StoreOf<Self>>(&self, base: &Shared<S>, command: Command) -> Outcome {
        let entry = base.store.entry(command.user);
        let (reply, received) = oneshot::channel();
        let running = entry.post(command, reply);
        if !running {
            start(base, command.user);
        }
        received.await.unwrap_or(Err(Failure::Indeterminate(Fault::Abandoned)))
    }
}

/// Starts the actor of `user`.
fn start<S: StoreOf<StopsOutsideLock>>(base: &Shared<S>, user: UserId) {
    let base = Arc::clone(base);
    task::spawn(async move {
        let entry = base.store.entry(user);
        loop {
            let request = entry.mailbox.lock().pop_front();
            let Some((command, reply)) = request else { break };
            let outcome = AssertUnwindSafe(base.step(&entry, command)).catch_unwind().await;
            // The client may have dropped its request.
            let _ = reply.send(outcome.unwrap_or(Err(Failure::Indeterminate(Fault::Panicked))));
        }
        entry.running.store(false, Ordering::SeqCst);
    });
}
