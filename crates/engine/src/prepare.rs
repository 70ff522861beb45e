//! Draws and builds the inputs of a run, before any clock starts.

use std::num::NonZeroU64;

use fastrand::Rng;
use tokio::runtime::{Builder, Runtime};

use super::{
    Iteration,
    arrival_schedule::ArrivalSchedule,
    phases::Phases,
    run::{LogMode, RunConfig},
};
use hotrow::scenario::{Clients, Load, Scenario};
use hotrow::{
    clock::CoarseClock,
    domain::{Amount, Policy, UserId},
    store::StoreConfig,
    timer::{SimulatedClock, Timer},
    workload::{ArrivalTimes, RequestSequence, RngStream},
};
use hotrow_verify::audit::Log;

/// The random streams that do not belong to client 1, 2 and so on.
mod streams {
    /// Added to a client's number for the gaps between its timed requests.
    pub(crate) const GAPS: u32 = 1 << 31;
    /// The due times of an open loop.
    pub(crate) const ARRIVALS: u32 = 1 << 29;
    /// The requests of an open loop, which all clients share.
    pub(crate) const SHARED: u32 = (1 << 29) + 1;
    /// The latencies of the store.
    pub(crate) const LATENCY: u32 = u32::MAX;
}

/// Draws the due times of an open loop.
pub(super) fn schedule(iteration: &Iteration) -> Option<ArrivalSchedule> {
    let Load::Open { arrivals, per_second } = iteration.scenario.load else { return None };
    let source = source(iteration, streams::ARRIVALS);
    Some(ArrivalSchedule::new(ArrivalTimes::draw(source, arrivals, per_second)))
}

/// Creates an empty log for one of `clients` clients. Clients send about equally many requests.
pub(super) fn log(config: &RunConfig, clients: usize) -> Log {
    match config.log_mode {
        LogMode::Replies(requests) => Log::with_room(requests / clients as u64),
        LogMode::Counts => Log::of_counts(),
    }
}

/// Returns the user with this id.
pub(super) fn user(id: u64) -> UserId {
    UserId::new(id).expect("users of a scenario are numbered from 1 and fewer than 2^63")
}

/// Returns the number of clients.
pub(super) fn clients(iteration: &Iteration) -> u32 {
    match iteration.scenario.clients {
        Clients::Threads(clients) | Clients::Tasks(clients) => clients,
    }
}

/// Returns the generator for the gaps between a client's timed requests.
pub(super) fn sampling(iteration: &Iteration, client: u32) -> Rng {
    source(iteration, client | streams::GAPS).rng()
}

fn source(iteration: &Iteration, client: u32) -> RngStream {
    RngStream { seed: iteration.schedule.seed, block: iteration.block, client }
}

/// Returns the options of the store. On a simulated clock, the store waits on `clock`.
pub(super) fn store_config(
    iteration: &Iteration,
    config: &RunConfig,
    coarse_clock: &CoarseClock,
    clock: &SimulatedClock,
) -> StoreConfig {
    StoreConfig {
        dense_users: iteration.scenario.users,
        ledger_entries: config.ledger_entries,
        ledger: iteration.scenario.ledger,
        latency: iteration.scenario.latency,
        seed: source(iteration, streams::LATENCY).rng().u64(..),
        tick: coarse_clock.clone(),
        timer: match config.windows.simulated {
            true => Timer::Simulated(clock.clone()),
            false => Timer::default(),
        },
        location: iteration.location.map(str::to_owned),
        keeps_accounts: false,
    }
}

/// Draws the sequence that opens the accounts and that of each client. In an open loop the clients
/// share one.
pub(super) fn sequences(
    iteration: &Iteration,
    users: NonZeroU64,
    policy: Policy,
) -> Vec<RequestSequence> {
    let half = policy.bounds().balance_max / 2;
    let half = Amount::new(half.max(1)).expect("half of a maximum balance is a valid amount");
    let Scenario { distribution, mix, load, .. } = iteration.scenario;
    let clients = clients(iteration);
    let mut sequences = vec![RequestSequence::opening(users, half)];
    match load {
        Load::Open { .. } => {
            let shared = source(iteration, streams::SHARED);
            let shared = RequestSequence::draw_shared(clients, shared, users, distribution, mix);
            sequences.extend((0..clients).map(|_| shared.clone()));
        }
        Load::Closed { .. } => {
            let draw =
                |client| RequestSequence::draw(source(iteration, client), users, distribution, mix);
            sequences.extend((1..=clients).map(draw));
        }
    }
    sequences
}

/// Builds the runtime of a run; a simulated one moves `clock`. Sockets work only if the store
/// `performs_io`: in memory, nothing polls for them between two requests.
pub(super) fn runtime(windows: Phases, clock: &SimulatedClock, performs_io: bool) -> Runtime {
    let runtime = match windows.simulated {
        true => clock.runtime(),
        false => {
            let cores = hotrow_machine::cores().usable;
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(cores).enable_time();
            if performs_io {
                builder.enable_all();
            }
            builder.build()
        }
    };
    runtime.expect("the system can start the threads of a runtime")
}
