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

use axum::http::HeaderValue;
use futures_util::future::poll_immediate;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    About, Limits,
    admission::{Gate, Place},
    connection::idle_time,
    idempotency::{Answer, Claim, Key, Keys},
    metrics::Metrics,
    problem::{Code, Problem},
    request_id::RequestIds,
    timekeeper::Timekeeper,
    to_its_end::ToItsEnd,
};
use crate::{
    clock::Tick,
    domain::{Action, Command, Fault, OperationId, UserId},
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
    /// What an answer says of how long an idle connection is kept.
    pub(super) idle_time: Option<HeaderValue>,
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
            idle_time: idle_time(limits.patience),
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
        let claim = key.map(|key| self.keys.claim(user, key, action)).transpose();
        let first = match claim.map_err(|problem| problem.retry_after(self.gate.advice(user)))? {
            None => None,
            Some(Claim::First(key)) => Some(key),
            Some(Claim::Again(key)) => {
                let answer = Box::pin(self.in_time(user, key.answer())).await?;
                self.metrics.replays.inc();
                return Ok((answer, Replayed(true)));
            }
        };
        // Polled once in its place, so that commands arrive in the order in which they were read.
        self.time.tell();
        let mut work = Arc::clone(&self.points).post(self.command(user, action));
        let begun = Begun { desk: Arc::clone(self), action, key: first, place };
        let answer = match poll_immediate(&mut work).await {
            Some(answer) => begun.end(answer),
            None => {
                let (waiting, since) = (self.time.wait(), Instant::now());
                let rest = ToItsEnd::new(async move {
                    let answer = work.await;
                    drop(waiting);
                    begun.place.note_wait(since.elapsed());
                    begun.end(answer)
                });
                Box::pin(self.with_patience(user, rest)).await?
            }
        };
        Ok((answer, Replayed(false)))
    }

    fn command(&self, user: UserId, action: Action) -> Command {
        // Relaxed: ids have to differ, and need not be in any order.
        let id = OperationId(self.next_operation.fetch_add(1, Ordering::Relaxed));
        Command { id, user, action }
    }

    /// Asks about an account, with a place before it.
    pub(super) async fn ask<T>(
        &self,
        user: UserId,
        question: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Problem> {
        let _place = self.gate.enter(user)?;
        Ok(self.in_time(user, question).await??)
    }

    /// Waits for as long as a sender should have to, and as the service is there.
    async fn in_time<T>(&self, user: UserId, work: impl Future<Output = T>) -> Result<T, Problem> {
        let mut work = pin!(work);
        // Most are ready at once and need no timer, nor the room for one in their future.
        match poll_immediate(&mut work).await {
            Some(done) => Ok(done),
            None => Box::pin(self.with_patience(user, work)).await,
        }
    }

    async fn with_patience<T>(
        &self,
        user: UserId,
        work: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        let mut life = self.life.subscribe();
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = sleep(self.limits.answer) => Err(Problem::new(
                Code::TimedOut,
                "a command that waits still may be applied: repeat it with the same Idempotency-Key",
            )
            .retry_after(self.gate.advice(user))),
            _ = life.wait_for(|life| *life == Life::Ending) => Err(Problem::new(
                Code::ShuttingDown,
                "a command that waited still may or may not have been applied",
            )
            .retry_after(self.limits.drain)),
        }
    }

    /// Whether new requests are welcome.
    pub(super) fn is_open(&self) -> bool {
        *self.life.borrow() == Life::Open
    }
}

/// A command whose end has still to be seen to.
struct Begun {
    desk: Arc<Desk>,
    action: Action,
    key: Option<Arc<Key>>,
    place: Place,
}

impl Begun {
    /// Sees to all that hangs on the end of a command, and gives back its place.
    fn end(self, answer: Answer) -> Answer {
        self.desk.metrics.command(self.action, &answer);
        if let Some(key) = self.key {
            key.settle(answer);
        }
        answer
    }
}

/// Whether an answer was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replayed(pub(super) bool);
