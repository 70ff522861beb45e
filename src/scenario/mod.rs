//! Scenarios: what is measured or simulated, for the command line, the rows and the report.
//!
//! A [`Scenario`] is the same for all strategies of a comparison. It knows no strategy, no store
//! and no clock.

mod arrivals;
#[cfg(test)]
pub(crate) mod chi_square;
mod clients;
mod key_distribution;
mod latency;
mod mix;
#[cfg(feature = "serde")]
mod text;
mod workload;

use std::time::Duration;

pub(crate) use self::arrivals::BURST_MAX;
pub use self::{
    arrivals::{Arrivals, ArrivalsError},
    clients::{Clients, ClientsError},
    key_distribution::{KeyDistribution, KeyDistributionError, Sampler},
    latency::{Latency, ParseLatencyError},
    mix::{Mix, MixError},
    workload::{UnknownWorkload, Workload},
};

/// A scenario: the same for every strategy of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// The number of accounts.
    pub users: u64,
    /// How requests spread over the accounts.
    pub distribution: KeyDistribution,
    /// The clients.
    pub clients: Clients,
    /// The shares of the kinds of request.
    pub mix: Mix,
    /// When requests are sent.
    pub load: Load,
    /// Extra work per decision, in rounds of
    /// [`Policy::with_work`](crate::domain::Policy::with_work).
    pub work: u32,
    /// Whether the store keeps ledgers. Without them the audit checks the replies alone, which must
    /// form one history of each account.
    pub ledger: bool,
    /// The latency of a store that simulates one. Any latency but `none` runs on a simulated clock,
    /// and figures are then per simulated second. A reference calls no store, so its figures there
    /// show only how often it is called.
    pub latency: Latency,
}

impl Scenario {
    /// Returns a scenario with one account that is charged and used in a closed loop without
    /// pauses, on a store without latency.
    pub const fn hot_row(clients: Clients) -> Scenario {
        Scenario {
            users: 1,
            distribution: KeyDistribution::Uniform,
            clients,
            mix: Mix::WRITE_ONLY,
            load: Load::CLOSED,
            work: 0,
            ledger: true,
            latency: Latency::None,
        }
    }

    /// The stable name of the scenario on a store: the parts that are always given, and then those that
    /// differ from the default.
    pub fn id(&self, store: &str) -> String {
        let Scenario { users, distribution, clients, mix, load, work, ledger, latency } = self;
        let clients = match clients {
            Clients::Threads(count) => format!("threads={count}"),
            Clients::Tasks(count) => format!("tasks={count}"),
        };
        let mut id = format!("{store}/users={users}/{clients}/{mix}/{latency}");
        if *distribution != KeyDistribution::Uniform {
            id.push_str(&format!("/distribution={distribution}"));
        }
        match load {
            Load::Closed { think: Duration::ZERO } => {}
            Load::Closed { think } => id.push_str(&format!("/think={think:?}")),
            Load::Open { arrivals, per_second } => {
                id.push_str(&format!("/{arrivals}@{per_second}"))
            }
        }
        if *work > 0 {
            id.push_str(&format!("/work={work}"));
        }
        if !ledger {
            id.push_str("/no-ledger");
        }
        id
    }
}

/// When clients send requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// A closed loop: a client sends its next request after the answer to the one before.
    Closed {
        /// The pause between an answer and the next request. Sleep is not exact below five
        /// milliseconds, so a client then spins, or yields to other tasks. On a simulated clock the
        /// pause is exact.
        think: Duration,
    },
    /// An open loop: due times are fixed in advance for all clients together. A free client takes
    /// the next request. A request that is due while no client is free is sent as soon as one is.
    Open {
        /// The arrival process.
        arrivals: Arrivals,
        /// Requests per second of all clients together, in simulated seconds on a simulated clock.
        per_second: f64,
    },
}

impl Load {
    /// A closed loop without a pause.
    pub const CLOSED: Load = Load::Closed { think: Duration::ZERO };

    /// Returns whether requests have due times.
    pub fn is_open(self) -> bool {
        matches!(self, Load::Open { .. })
    }
}
