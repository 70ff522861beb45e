//! The state of one actor: a mailbox, and the task that serves it while it holds requests.
//!
//! The first request spawns the task. The task ends after it has found the mailbox empty a few
//! times ([passivation][1]), so no task and no timer outlives its work. The lock of the mailbox
//! protects both decisions, whether to spawn a task and whether the task may end, so no request
//! falls between two tasks. A task that is dropped, as by a runtime that shuts down, answers every
//! waiting caller with an indeterminate outcome.
//!
//! [1]: https://doc.akka.io/libraries/akka-core/current/typed/cluster-sharding.html#passivation

#[cfg(all(test, hotrow_loom))]
mod models;

use std::mem;

use super::{
    Base,
    mailbox::{Admission, Envelope, Mailbox},
    step::{catch_panic, catch_panic_sync, poll_ready},
};
use crate::{
    domain::{Account, Command, Failure, Fault, LedgerEntry, Outcome, UserId},
    store::Store,
    sync::{
        atomic::{AtomicBool, Ordering},
        task,
    },
};

/// Requests that are executed before the first of their callers is woken. A larger batch spreads
/// the cost of one lock and one yield over more requests; beyond 64 nothing is left to gain.
const BATCH_MAX: usize = 64;

/// Yields to the scheduler for which an idle task stays alive, so that the next request of a caller
/// that was just answered finds it running.
const IDLE_YIELDS_MAX: u32 = if cfg!(hotrow_loom) { 0 } else { 8 };

/// A mailbox with a task behind it. While idle it takes 24 bytes and has no task.
#[derive(Default)]
pub struct ActorCell {
    mailbox: Mailbox<Request, Answer>,
    /// Whether a task serves the mailbox. It changes only under the lock of the mailbox.
    running: AtomicBool,
}

#[derive(Clone, Copy)]
enum Request {
    Execute(Command),
    Read(UserId),
}

enum Reply {
    Written(LedgerEntry),
    Account(Account),
}

type Answer = Result<Reply, Failure>;

impl ActorCell {
    /// Sends `command` to the task of this actor. `spawn_if_idle` starts the task if none runs.
    pub(super) async fn execute(&self, command: Command, spawn_if_idle: impl Fn()) -> Outcome {
        match self.ask(Request::Execute(command), spawn_if_idle).await {
            Ok(Reply::Written(entry)) => Ok(entry),
            Ok(Reply::Account(_)) => unreachable!("a command is answered by its ledger entry"),
            Err(failure) => Err(failure),
        }
    }

    /// Asks the task of this actor for the account of `user`.
    pub(super) async fn read(
        &self,
        user: UserId,
        spawn_if_idle: impl Fn(),
    ) -> Result<Account, Fault> {
        match self.ask(Request::Read(user), spawn_if_idle).await {
            Ok(Reply::Account(account)) => Ok(account),
            Err(Failure::Indeterminate(fault)) => Err(fault),
            Err(Failure::NotApplied(error)) => Err(Fault::Store(error)),
            Ok(Reply::Written(_)) | Err(Failure::Rejected(_)) => {
                unreachable!("a read is answered by an account, and no rule rejects it")
            }
        }
    }

    async fn ask(&self, request: Request, spawn_if_idle: impl Fn()) -> Answer {
        let admission = || {
            if !self.running.load(Ordering::Relaxed) {
                spawn_if_idle();
                // Relaxed, as at every other access: the lock of the mailbox orders it.
                self.running.store(true, Ordering::Relaxed);
            }
            Admission::Enqueue
        };
        let answer = self.mailbox.ask(request, admission, |_orphaned| ()).await;
        answer.expect("the admission of an actor enqueues every request")
    }

    fn mark_stopped(&self) {
        self.running.store(false, Ordering::Relaxed);
    }

    /// Serves the mailbox until it is idle. This is the body of the task.
    pub(super) async fn serve<S: Store>(&self, base: &Base<S>) {
        // The first reply of a batch waits for the last one, which takes long on a slow store.
        let batch_max = if S::IS_ASYNC { 1 } else { BATCH_MAX };
        let guard = WorkerGuard(self);
        let mut batch = Vec::with_capacity(batch_max);
        let mut answers = Vec::with_capacity(batch_max);
        let mut wakers = Vec::with_capacity(batch_max);
        let mut idle_yields = 0;
        loop {
            self.mailbox.take(batch_max, &mut batch);
            if batch.is_empty() {
                idle_yields += 1;
                if IDLE_YIELDS_MAX < idle_yields
                    && self.mailbox.close_if_empty(|| self.mark_stopped())
                {
                    return mem::forget(guard);
                }
            } else {
                idle_yields = 0;
                for Envelope { request, reply_slot } in batch.drain(..) {
                    let answer = match S::IS_ASYNC {
                        true => catch_panic(answer(base, request)).await,
                        false => catch_panic_sync(|| answer_ready(base, request)),
                    };
                    answers.push((reply_slot, answer));
                }
                self.mailbox.deliver_all(&mut answers, &mut wakers);
            }
            task::yield_now().await;
        }
    }
}

async fn answer<S: Store>(base: &Base<S>, request: Request) -> Answer {
    match request {
        Request::Execute(command) => {
            let entry = base.store.entry(command.user);
            Ok(Reply::Written(base.step(&entry, command).await?))
        }
        Request::Read(user) => match base.store.get(user) {
            Some(entry) => Ok(Reply::Account(base.store.load(&entry).await?)),
            None => Ok(Reply::Account(Account::default())),
        },
    }
}

/// As [`answer`], on a store that does not suspend.
fn answer_ready<S: Store>(base: &Base<S>, request: Request) -> Answer {
    match request {
        Request::Execute(command) => {
            let entry = base.store.entry(command.user);
            Ok(Reply::Written(base.step_ready(&entry, command)?))
        }
        Request::Read(user) => match base.store.get(user) {
            Some(entry) => Ok(Reply::Account(poll_ready(base.store.load(&entry))?)),
            None => Ok(Reply::Account(Account::default())),
        },
    }
}

/// Marks that a task serves the mailbox. Dropped before the task ends, it answers all waiting
/// callers.
struct WorkerGuard<'a>(&'a ActorCell);

impl Drop for WorkerGuard<'_> {
    fn drop(&mut self) {
        let abandoned = || Err(Failure::Indeterminate(Fault::Abandoned));
        self.0.mailbox.close(|| self.0.mark_stopped(), abandoned);
    }
}
