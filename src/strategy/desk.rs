//! Where an actor sits: a mailbox, and a task that serves it while there is something to serve.
//!
//! The task is started by the first request and ends when the desk has been idle for a few turns of
//! the scheduler, so that no task and no timer outlives its work. Whether a task must be started
//! and whether one may end are decided with the line held still, so no request falls between two
//! tasks. A task that is dropped, as by a runtime that shuts down, answers those who wait that
//! nobody will.

use std::mem;

use super::{
    mailbox::{Door, Letter, Mailbox},
    step::{at_once, caught, caught_at_once, step, step_at_once},
};
use crate::{
    domain::{Account, Command, Failure, Fault, Outcome, Policy, Receipt, UserId},
    store::Store,
    sync::{
        atomic::{AtomicBool, Ordering},
        task,
    },
};

/// Requests that are answered before the first of their callers is woken. Larger batches share
/// one lock and one look at the clock of the scheduler among more requests; past 64 there is
/// nothing left to share.
const BATCH_MAX: usize = 64;

/// Turns of the scheduler for which an idle task stays, so that a caller that asks again at once
/// finds it there.
const IDLE_TURNS_MAX: u32 = if cfg!(hotrow_loom) { 0 } else { 8 };

/// A mailbox with a task behind it. Idle, it is 24 bytes and no task.
#[derive(Default)]
pub struct Desk {
    mailbox: Mailbox<Request, Answer>,
    /// Whether a task serves the mailbox. Changed only with the line held still.
    staffed: AtomicBool,
}

#[derive(Clone, Copy)]
enum Request {
    Execute(Command),
    Read(UserId),
}

enum Granted {
    Executed(Receipt),
    Read(Account),
}

type Answer = Result<Granted, Failure>;

impl Desk {
    /// Has `command` executed by the task of this desk, which `staff` starts if there is none.
    pub(super) async fn execute(&self, command: Command, staff: impl Fn()) -> Outcome {
        match self.ask(Request::Execute(command), staff).await {
            Ok(Granted::Executed(receipt)) => Ok(receipt),
            Ok(Granted::Read(_)) => unreachable!("a command is answered by a receipt"),
            Err(failure) => Err(failure),
        }
    }

    /// Has the account of `user` read by the task of this desk.
    pub(super) async fn read(&self, user: UserId, staff: impl Fn()) -> Result<Account, Fault> {
        match self.ask(Request::Read(user), staff).await {
            Ok(Granted::Read(account)) => Ok(account),
            Err(Failure::Unknown(fault)) => Err(fault),
            Ok(Granted::Executed(_)) | Err(Failure::Rejected(_)) => {
                unreachable!("a read is answered by an account, and no rule is in its way")
            }
        }
    }

    async fn ask(&self, request: Request, staff: impl Fn()) -> Answer {
        let door = || {
            if !self.staffed.load(Ordering::Relaxed) {
                staff();
                // Relaxed, here and wherever it changes: the lock of the line orders it.
                self.staffed.store(true, Ordering::Relaxed);
            }
            Door::Join
        };
        let answer = self.mailbox.ask(request, door, |_unclaimed| ()).await;
        answer.expect("the door of a desk lets nobody go ahead")
    }

    fn dismiss(&self) {
        self.staffed.store(false, Ordering::Relaxed);
    }

    /// Serves the mailbox until it has been idle for a while. The body of the task.
    pub(super) async fn serve<S: Store>(&self, store: &S, policy: &Policy) {
        // A batch delays its first reply until its last is known, which a slow store makes long.
        let batch_max = if S::SUSPENDS { 1 } else { BATCH_MAX };
        let on_duty = OnDuty(self);
        let mut batch = Vec::with_capacity(batch_max);
        let mut answers = Vec::with_capacity(batch_max);
        let mut wakers = Vec::with_capacity(batch_max);
        let mut idle_turns = 0;
        loop {
            self.mailbox.take(batch_max, &mut batch);
            if batch.is_empty() {
                idle_turns += 1;
                if IDLE_TURNS_MAX < idle_turns && self.mailbox.retire(|| self.dismiss()) {
                    return mem::forget(on_duty);
                }
            } else {
                idle_turns = 0;
                for Letter { request, ticket } in batch.drain(..) {
                    let answer = match S::SUSPENDS {
                        true => caught(answer(store, policy, request)).await,
                        false => caught_at_once(|| answer_at_once(store, policy, request)),
                    };
                    answers.push((ticket, answer));
                }
                self.mailbox.deliver_all(&mut answers, &mut wakers);
            }
            task::yield_now().await;
        }
    }
}

async fn answer<S: Store>(store: &S, policy: &Policy, request: Request) -> Answer {
    match request {
        Request::Execute(command) => {
            let row = store.row(command.user);
            Ok(Granted::Executed(step(store, &row, policy, command).await?))
        }
        Request::Read(user) => match store.find(user) {
            Some(row) => Ok(Granted::Read(store.load(&row).await?)),
            None => Ok(Granted::Read(Account::default())),
        },
    }
}

/// As [`answer`], on a store that does not suspend.
fn answer_at_once<S: Store>(store: &S, policy: &Policy, request: Request) -> Answer {
    match request {
        Request::Execute(command) => {
            let row = store.row(command.user);
            Ok(Granted::Executed(step_at_once(store, &row, policy, command)?))
        }
        Request::Read(user) => match store.find(user) {
            Some(row) => Ok(Granted::Read(at_once(store.load(&row))?)),
            None => Ok(Granted::Read(Account::default())),
        },
    }
}

/// That a task serves a desk. Dropped before it could leave, it tells everybody who waits.
struct OnDuty<'a>(&'a Desk);

impl Drop for OnDuty<'_> {
    fn drop(&mut self) {
        let nobody = || Err(Failure::Unknown(Fault::Abandoned));
        self.0.mailbox.forsake(|| self.0.dismiss(), nobody);
    }
}
