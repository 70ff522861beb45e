//! The point service over HTTP/1.1: four endpoints over any strategy, with limits on everything
//! that a client can send, hold or leave unread.
//!
//! ```text
//! connection --> middleware --> extract --> concurrency limit --> DynPointService --> answer
//!     |              |                            |                      |
//!   limits     id, metrics, log                permits           runs to completion
//! ```
//!
//! Every request makes one dynamic call of [`DynPointService`](hotrow::service::DynPointService), so
//! all strategies run behind the same code and give the same answers. Requests are parsed strictly
//! (`extract`). Errors are problem details as in RFC 9457 (`problem`). A repeated command is
//! applied once (`idempotency`). Every wait has a bound (`concurrency_limit`, [`Limits`]).
//!
//! A command that has begun runs to its end even if its client disconnects; only the answer is
//! lost. Accounts and idempotency keys live in memory and end with the process.

#![deny(missing_docs)]

mod api;
mod app_state;
mod clock_task;
mod concurrency_limit;
mod connection;
mod connection_timer;
mod extract;
mod idempotency;
mod json;
mod lingering;
mod metrics;
mod middleware;
mod origins;
mod pages;
mod problem;
mod request_id;
mod route;
mod routing;
mod server;
mod spec;
mod to_its_end;

use std::time::Duration;

pub use self::{
    extract::{BODY_MAX, KEY_MAX, PAGE_MAX},
    idempotency::{KEY_LIFETIME, KEYS_MAX, KEYS_PER_ACCOUNT_MAX},
    middleware::REQUEST_LOG,
    origins::{OriginError, Origins},
    problem::Code as ProblemCode,
    server::{REFUSALS_MAX, Server, ShutdownSummary, listen},
};
use hotrow::{domain::Policy, scenario::Latency};

/// Describes the service to clients: `GET /service` and the metrics show it.
#[derive(Debug, Clone)]
pub struct ServiceInfo {
    /// Version of the program.
    pub version: &'static str,
    /// Name of the strategy.
    pub strategy: &'static str,
    /// Family of the strategy, such as `Queue`.
    pub family: String,
    /// Whether the strategy guarantees linearizability.
    pub linearizable: bool,
    /// Name of the store.
    pub store: &'static str,
    /// Latency of the calls of the store.
    pub latency: String,
    /// The policy in force.
    pub policy: Policy,
}

/// Bounds on connections, waiting requests and time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of open connections; one more gets a 503 answer and is closed.
    pub connections: usize,
    /// Maximum number of requests that wait for the strategy, over all accounts.
    pub in_flight: usize,
    /// Maximum number of requests that wait for the same account.
    pub per_account: usize,
    /// Time in which a connection must send the head of a request (idle time included), then the
    /// body, and time in which it must read an answer.
    pub io_timeout: Duration,
    /// Maximum time for which a request waits for the strategy.
    pub answer: Duration,
    /// Maximum time for which a stopping server finishes commands that have begun.
    pub drain: Duration,
}

impl Limits {
    /// The default: a thousand clients that use one account at the same moment are all served, and
    /// four such accounts are served at once. Queues of strategies have no bound of their own.
    pub const DEFAULT: Limits = Limits {
        connections: 4_096,
        in_flight: 4_096,
        per_account: 1_024,
        io_timeout: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        drain: Duration::from_secs(5),
    };

    /// Maximum of [`answer`](Limits::answer), for every store.
    pub const ANSWER_MAX: Duration = Duration::from_hours(1);

    /// Adapts these limits to a store whose calls take `latency`: a request waits at most twice as
    /// long as the last request of a full queue at one account, because delays are random.
    pub fn on_store_with(self, latency: Latency) -> Limits {
        let queue_len = u32::try_from(self.per_account).unwrap_or(u32::MAX);
        let last = mean_command_time(latency).saturating_mul(queue_len).saturating_mul(2);
        Limits { answer: self.answer.max(last.min(Limits::ANSWER_MAX)), ..self }
    }
}

/// The mean time that the store calls of one command take: one read and two writes.
fn mean_command_time(latency: Latency) -> Duration {
    match latency {
        Latency::None => Duration::ZERO,
        Latency::Fixed(delay) => delay * 3,
        Latency::Scaled(factor) => ASSIGNMENT_COMMAND_MEAN.mul_f64(factor),
        Latency::Assignment => ASSIGNMENT_COMMAND_MEAN,
    }
}

/// The mean of one read of 0 to 199 ms and two writes of 0 to 299 ms.
const ASSIGNMENT_COMMAND_MEAN: Duration = Duration::from_millis(399);

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}
