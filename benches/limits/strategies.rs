//! Strategies asked one command after another by one thread.

use std::time::Instant;

use hotrow::{
    domain::Policy,
    service::PointService,
    store::{Setup, Slab},
    strategy::{Cas, ConcurrencyStrategy, Mutex, Queue, Turn},
};

use crate::script::{COMMANDS, commands, nanoseconds_each, opening};

type CasOnSlab = Cas<Slab<()>>;
type MutexOnSlab = Mutex<Slab<parking_lot::Mutex<()>>>;
type QueueOnSlab = Queue<Slab<Turn>>;

pub(crate) fn cas(users: u64) -> f64 {
    executed::<CasOnSlab>(users)
}

pub(crate) fn mutex(users: u64) -> f64 {
    executed::<MutexOnSlab>(users)
}

pub(crate) fn queue(users: u64) -> f64 {
    executed::<QueueOnSlab>(users)
}

pub(crate) fn read_of_cas(users: u64) -> f64 {
    read::<CasOnSlab>(users)
}

pub(crate) fn read_of_mutex(users: u64) -> f64 {
    read::<MutexOnSlab>(users)
}

pub(crate) fn read_of_queue(users: u64) -> f64 {
    read::<QueueOnSlab>(users)
}

/// An empty service whose ledgers cost no page fault.
pub(crate) fn opened<T: ConcurrencyStrategy>(users: u64) -> PointService<T> {
    let setup = Setup {
        dense_users: users,
        ledger_entries: 3 * COMMANDS as u64 + 64 * users,
        ..Setup::default()
    };
    PointService::open(&setup, Policy::default())
}

fn opened_and_charged<T: ConcurrencyStrategy>(users: u64) -> PointService<T> {
    let service = opened::<T>(users);
    for id in 1..=users {
        let charged = service.execute_at_once(opening(id)).expect("nobody else holds the turn");
        charged.expect("an empty account takes half its maximum");
    }
    service
}

fn executed<T: ConcurrencyStrategy>(users: u64) -> f64 {
    let service = opened_and_charged::<T>(users);
    nanoseconds_each(users, |command| {
        let outcome = service.execute_at_once(*command).expect("nobody else holds the turn");
        u64::from(outcome.is_ok())
    })
}

fn read<T: ConcurrencyStrategy>(users: u64) -> f64 {
    let service = opened_and_charged::<T>(users);
    nanoseconds_each(users, |command| {
        let account = service.balance_at_once(command.user).expect("nobody else holds the turn");
        account.balance
    })
}

/// The longest time that one command takes which others like it do not: the ledger of one user
/// grows at the same commands in every run, so of each command the fastest of five runs counts,
/// and what interrupts a run now and then drops out. Memory is not touched in advance here.
pub(crate) fn longest_growth() -> f64 {
    const RUNS: usize = 5;
    let ring = commands(1);
    let mut fastest = vec![f64::MAX; COMMANDS];
    for _ in 0..RUNS {
        let service = PointService::<CasOnSlab>::open(&Setup::default(), Policy::default());
        for (nth, least) in fastest.iter_mut().enumerate() {
            let started = Instant::now();
            let _ = service.execute_at_once(ring[nth % ring.len()]);
            *least = least.min(started.elapsed().as_nanos() as f64);
        }
    }
    fastest.into_iter().fold(0.0, f64::max)
}
