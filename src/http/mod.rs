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
mod desk;
mod idempotency;
mod json;
mod metrics;
mod observe;
mod pages;
mod patience;
mod problem;
mod reading;
mod request_id;
mod routing;
mod server;
mod spec;
mod timekeeper;

use std::time::Duration;

pub use self::{
    idempotency::{KEEP_FOR, KEYS_MAX, KEYS_OF_ACCOUNT_MAX},
    observe::REQUEST_LOG,
    problem::Code as ProblemCode,
    reading::{BODY_MAX, KEY_MAX, PAGE_MAX},
    server::{Served, Server},
};
use crate::domain::Policy;

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
    /// What holds if nothing else is said. Who waits for one account of the slowest store, where a
    /// command takes 0.4 s, is answered before the time is up.
    pub const DEFAULT: Limits = Limits {
        connections: 4_096,
        in_flight: 1_024,
        per_account: 64,
        patience: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        drain: Duration::from_secs(5),
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}
