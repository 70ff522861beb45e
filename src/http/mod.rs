//! The point service over HTTP/1.1: four endpoints before any strategy, and what it takes to let
//! strangers at them.
//!
//! ```text
//! connection --> observe --> read strictly --> gate --> Points, once --> answer
//!     |             |                           |         |
//!   limits      number, metrics, log        places     to its end, whoever is left to hear it
//! ```
//!
//! Every request makes one erased call of [`Points`], so that all strategies stand behind the same
//! code and answer in the same words. What is read is read strictly ([`reading`]); what cannot be
//! answered is told as RFC 9457 has it ([`problem`]); a command may be repeated without being applied
//! twice ([`idempotency`]); nothing waits without a bound ([`admission`], [`Limits`]).
//!
//! A command that has begun runs to its end even if its sender goes away: then only the answer is
//! lost. Accounts and keys live in memory and end with the process.

mod admission;
mod api;
mod idempotency;
mod metrics;
mod observe;
mod pages;
mod problem;
mod reading;
mod request_id;
mod server;
mod spec;
mod timekeeper;

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::poll_immediate};
use tokio::{sync::watch, time::sleep};

use self::{
    admission::{Gate, Place},
    idempotency::{Answer, Claim, Key, Keys},
    metrics::Metrics,
    problem::{Code, Problem},
    request_id::RequestIds,
    timekeeper::Timekeeper,
};
pub use self::{
    idempotency::{KEEP_FOR, KEYS_MAX, KEYS_OF_ACCOUNT_MAX},
    problem::Code as ProblemCode,
    reading::{BODY_MAX, KEY_MAX, PAGE_MAX},
    server::{Served, Server},
};
use crate::{
    clock::Tick,
    domain::{Action, Command, Failure, Fault, OperationId, Policy, UserId},
    service::Points,
};

/// What is served, as it is told to whoever asks.
#[derive(Debug, Clone)]
pub struct About {
    /// Of this crate.
    pub version: &'static str,
    /// Name of the strategy.
    pub strategy: &'static str,
    /// What kind of answer it is.
    pub family: String,
    /// Whether it promises to keep the books.
    pub sound: bool,
    /// Name of the store.
    pub store: &'static str,
    /// How long calls of the store take.
    pub latency: String,
    /// The policy in force.
    pub policy: Policy,
}

/// How much there may be of everything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that may be open; one more is told so and closed.
    pub connections: usize,
    /// Requests that may wait for the strategy, in all.
    pub in_flight: usize,
    /// Requests that may wait for the same account.
    pub per_account: usize,
    /// How long a connection may take to send the head of a request, idle or slow, and then a body;
    /// and how long it may leave an answer unread.
    pub patience: Duration,
    /// How long a request may wait for the strategy.
    pub answer: Duration,
    /// How long what has begun may take when the service is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 4_096,
            in_flight: 1_024,
            per_account: 64,
            patience: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}

/// Where the service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// It was told to stop: what was asked is answered, and nothing new is taken.
    Draining,
    /// There is no more time: who waits is told so.
    Ending,
}

/// What all requests share.
struct Desk {
    points: Arc<dyn Points>,
    about: About,
    limits: Limits,
    gate: Gate,
    keys: Keys,
    metrics: Metrics,
    time: Arc<Timekeeper>,
    request_ids: RequestIds,
    next_operation: AtomicU64,
    life: watch::Sender<Life>,
}

impl Desk {
    fn new(points: Arc<dyn Points>, tick: Tick, about: About, limits: Limits) -> Desk {
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
    async fn execute(
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
    async fn ask<T>(
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
    fn is_open(&self) -> bool {
        *self.life.borrow() == Life::Open
    }
}

/// Whether an answer was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Replayed(bool);
