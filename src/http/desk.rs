//! What all requests share, and the one way from each of them to the strategy.
//!
//! A request takes a place, is asked of [`Points`] once, and is answered in time or told that it is
//! not. A command keeps its place to its end; a question gives its up when nobody waits for it.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{FutureExt, future::poll_immediate};
use tokio::{sync::watch, time::sleep};

use super::{
    About, Limits,
    admission::{Gate, Place},
    idempotency::{Answer, Claim, Key, Keys},
    metrics::Metrics,
    problem::{Code, Problem},
    request_id::RequestIds,
    timekeeper::Timekeeper,
};
use crate::{
    clock::Tick,
    domain::{Action, Command, Failure, Fault, OperationId, UserId},
    service::Points,
};

/// Where the service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    /// It was told to stop: what was asked is answered, and nothing new is taken.
    Draining,
    /// There is no more time: who waits is told so.
    Ending,
}

/// What all requests share.
pub(super) struct Desk {
    pub(super) points: Arc<dyn Points>,
    pub(super) about: About,
    pub(super) limits: Limits,
    pub(super) gate: Gate,
    pub(super) keys: Keys,
    pub(super) metrics: Metrics,
    pub(super) time: Arc<Timekeeper>,
    pub(super) request_ids: RequestIds,
    next_operation: AtomicU64,
    pub(super) life: watch::Sender<Life>,
}

impl Desk {
    pub(super) fn new(points: Arc<dyn Points>, tick: Tick, about: About, limits: Limits) -> Desk {
        Desk {
            points,
            metrics: Metrics::new(&about),
            about,
            limits,
            gate: Gate::new(limits.in_flight, limits.per_account),
            keys: Keys::default(),
            time: Arc::new(Timekeeper::of(tick)),
            request_ids: RequestIds::new(),
            next_operation: AtomicU64::new(1),
            life: watch::Sender::new(Life::Open),
        }
    }

    /// Executes a command, or repeats the answer to it, and says which.
    pub(super) async fn execute(
        self: &Arc<Desk>,
        user: UserId,
        action: Action,
        key: Option<&str>,
    ) -> Result<(Answer, Replayed), Problem> {
        let place = self.gate.enter(user)?;
        let first = match key.map(|key| self.keys.claim(user, key, action)).transpose()? {
            None => None,
            Some(Claim::First(key)) => Some(key),
            Some(Claim::Again(key)) => {
                let answer = self.in_time(key.answer()).await?;
                self.metrics.replays.inc();
                return Ok((answer, Replayed(true)));
            }
        };
        // Polled once in its place, so that commands arrive in the order in which they were read; the
        // rest is a task, which its sender cannot cut off.
        let mut work = Box::pin(Arc::clone(self).to_end(place, user, action, first));
        self.time.tell();
        let answer = match poll_immediate(&mut work).await {
            Some(answer) => answer,
            None => {
                let waiting = self.time.wait();
                let rest = tokio::spawn(work.inspect(move |_| drop(waiting)));
                self.in_time(rest).await?.unwrap_or(Err(Failure::Unknown(Fault::Abandoned)))
            }
        };
        Ok((answer, Replayed(false)))
    }

    /// Executes a command and sees to all that hangs on its end.
    async fn to_end(
        self: Arc<Desk>,
        _place: Place,
        user: UserId,
        action: Action,
        key: Option<Arc<Key>>,
    ) -> Answer {
        // Relaxed: ids have to differ, and need not be in any order.
        let id = OperationId(self.next_operation.fetch_add(1, Ordering::Relaxed));
        let answer = self.points.post(Command { id, user, action }).await;
        self.metrics.command(action, &answer);
        if let Some(key) = key {
            key.settle(answer);
        }
        answer
    }

    /// Asks about an account, with a place before it.
    pub(super) async fn ask<T>(
        &self,
        user: UserId,
        question: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Problem> {
        let _place = self.gate.enter(user)?;
        Ok(self.in_time(question).await??)
    }

    /// Waits for as long as a sender should have to, and as the service is there.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        let mut work = pin!(work);
        // Most are ready at once and need no timer.
        if let Some(done) = poll_immediate(&mut work).await {
            return Ok(done);
        }
        let mut life = self.life.subscribe();
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = sleep(self.limits.answer) => Err(Problem::new(
                Code::TimedOut,
                "a command that waits still may be applied: repeat it with the same Idempotency-Key",
            )),
            _ = life.wait_for(|life| *life == Life::Ending) => Err(Problem::new(
                Code::ShuttingDown,
                "a command that waited still may or may not have been applied",
            )),
        }
    }

    /// Whether new requests are welcome.
    pub(super) fn is_open(&self) -> bool {
        *self.life.borrow() == Life::Open
    }
}

/// Whether an answer was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replayed(pub(super) bool);
