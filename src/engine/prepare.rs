//! What a run begins with, drawn and built before any clock starts.

use std::num::NonZeroU64;

use fastrand::Rng;
use tokio::runtime::{Builder, Runtime};

use super::{
    Cell, Clients, Load, Trial,
    arrival_schedule::ArrivalSchedule,
    run::{Keeps, Outfit},
    windows::Windows,
};
use crate::{
    audit::Log,
    clock::Tick,
    domain::{Amount, Policy, UserId},
    store::Setup,
    timer::{SimulatedClock, Timer},
    workload::{ArrivalTimes, Script, Source},
};

/// The streams of random numbers that are not those of client 1, 2 and so on.
mod streams {
    /// Added to a client's own for the gaps between its timed requests.
    pub(crate) const GAPS: u32 = 1 << 31;
    /// The times at which the requests of an open loop are due.
    pub(crate) const ARRIVALS: u32 = 1 << 29;
    /// What these requests ask for, whichever client sends them.
    pub(crate) const SHARED: u32 = (1 << 29) + 1;
    /// What the store's latencies are drawn from.
    pub(crate) const LATENCY: u32 = u32::MAX;
}

/// When the requests of an open loop are due.
pub(super) fn schedule(trial: &Trial) -> Option<ArrivalSchedule> {
    let Load::Open { arrivals, per_second } = trial.cell.load else { return None };
    let source = source(trial, streams::ARRIVALS);
    Some(ArrivalSchedule::new(ArrivalTimes::draw(source, arrivals, per_second)))
}

/// An empty log for one of so many clients, who will be asked about equally often.
pub(super) fn log(outfit: &Outfit, clients: usize) -> Log {
    match outfit.keeps {
        Keeps::Replies(requests) => Log::with_room(requests / clients as u64),
        Keeps::Counts => Log::of_counts(),
    }
}

/// The user of this number.
pub(super) fn user(id: u64) -> UserId {
    UserId::new(id).expect("users of a cell are numbered from 1 and fewer than 2^63")
}

/// How many clients there are.
pub(super) fn clients(trial: &Trial) -> u32 {
    match trial.cell.clients {
        Clients::Threads(clients) | Clients::Tasks(clients) => clients,
    }
}

/// What the gaps between a client's timed requests are drawn from.
pub(super) fn sampling(trial: &Trial, client: u32) -> Rng {
    source(trial, client | streams::GAPS).rng()
}

fn source(trial: &Trial, client: u32) -> Source {
    Source { seed: trial.schedule.seed, block: trial.block, client }
}

/// What the store is opened with. Where time is simulated, `clock` is what it waits on.
pub(super) fn setup(trial: &Trial, outfit: &Outfit, tick: &Tick, clock: &SimulatedClock) -> Setup {
    Setup {
        dense_users: trial.cell.users,
        ledger_entries: outfit.ledger_entries,
        history: trial.cell.history,
        latency: trial.cell.latency,
        seed: source(trial, streams::LATENCY).rng().u64(..),
        tick: tick.clone(),
        timer: match outfit.windows.simulated {
            true => Timer::Simulated(clock.clone()),
            false => Timer::default(),
        },
    }
}

/// The script of the opening, and of each client. In an open loop the clients share theirs.
pub(super) fn scripts(trial: &Trial, users: NonZeroU64, policy: Policy) -> Vec<Script> {
    let half = policy.bounds().balance_max / 2;
    let half = Amount::new(half.max(1)).expect("half of a balance is an amount");
    let Cell { keys, mix, load, .. } = trial.cell;
    let clients = clients(trial);
    let mut scripts = vec![Script::opening(users, half)];
    match load {
        Load::Open { .. } => {
            let shared = source(trial, streams::SHARED);
            let shared = Script::draw_for(clients, shared, users, keys, mix);
            scripts.extend((0..clients).map(|_| shared.clone()));
        }
        Load::Closed { .. } => {
            let draw = |client| Script::draw(source(trial, client), users, keys, mix);
            scripts.extend((1..=clients).map(draw));
        }
    }
    scripts
}

/// The runtime of a run; a simulated one moves `clock`.
pub(super) fn runtime(windows: Windows, clock: &SimulatedClock) -> Runtime {
    let runtime = match windows.simulated {
        true => clock.runtime(),
        false => {
            let cores = crate::machine::cores().usable;
            Builder::new_multi_thread().worker_threads(cores).enable_time().build()
        }
    };
    runtime.expect("the system has threads for a runtime")
}
