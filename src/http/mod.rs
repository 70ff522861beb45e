//! The point service over HTTP/1.1: four endpoints before any strategy, and what it takes to let
//! strangers at them.
//!
//! ```text
//! connection --> observe --> read strictly --> gate --> Points, once --> answer
//!     |             |                           |         |
//!   limits      number, metrics, log        places     to its end, whoever is left to hear it
//! ```
//!
//! Every request makes one erased call of [`Points`](crate::service::Points), so that all strategies stand behind the same
//! code and answer in the same words. What is read is read strictly (`reading`); what cannot be
//! answered is told as RFC 9457 has it (`problem`); a command may be repeated without being applied
//! twice (`idempotency`); nothing waits without a bound (`admission`, [`Limits`]).
//!
//! A command that has begun runs to its end even if its sender goes away: then only the answer is
//! lost. Accounts and keys live in memory and end with the process.

mod admission;
mod api;
mod connection;
mod desk;
mod idempotency;
mod json;
mod lingering;
mod metrics;
mod observe;
mod origins;
mod pages;
mod patience;
mod problem;
mod reading;
mod request_id;
mod routing;
mod server;
mod spec;
mod timekeeper;
mod to_its_end;

use std::time::Duration;

pub use self::{
    idempotency::{KEEP_FOR, KEYS_MAX, KEYS_OF_ACCOUNT_MAX},
    observe::REQUEST_LOG,
    origins::{OriginError, Origins},
    problem::Code as ProblemCode,
    reading::{BODY_MAX, KEY_MAX, PAGE_MAX},
    server::{REFUSALS_MAX, Served, Server, listen},
};
use crate::{database::Latency, domain::Policy};

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

impl Limits {
    /// What holds if nothing else is asked for: a crowd at one account is served whole, and four
    /// such crowds are in all. Queues of strategies have no bound of their own.
    pub const DEFAULT: Limits = Limits {
        connections: 4_096,
        in_flight: 4_096,
        per_account: 1_024,
        patience: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        drain: Duration::from_secs(5),
    };

    /// The longest that a request waits for the strategy, whatever the store.
    pub const ANSWER_MAX: Duration = Duration::from_hours(1);

    /// These limits before a store whose calls take `latency`: a request waits for as long as the last
    /// of a full line at one account does, and twice that, since delays are drawn at random.
    pub fn on_store_with(self, latency: Latency) -> Limits {
        let line = u32::try_from(self.per_account).unwrap_or(u32::MAX);
        let last = command(latency).saturating_mul(line).saturating_mul(2);
        Limits { answer: self.answer.max(last.min(Limits::ANSWER_MAX)), ..self }
    }
}

/// How long the calls of one command take on average: a read and two writes.
fn command(latency: Latency) -> Duration {
    match latency {
        Latency::None => Duration::ZERO,
        Latency::Fixed(delay) => delay * 3,
        Latency::Scaled(factor) => ASSIGNED_COMMAND.mul_f64(factor),
        Latency::Assignment => ASSIGNED_COMMAND,
    }
}

/// A read of 0 to 199 ms and two writes of 0 to 299 ms, on average.
const ASSIGNED_COMMAND: Duration = Duration::from_millis(399);

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}
