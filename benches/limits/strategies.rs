//! Strategies that execute commands of one thread, one after another.

use std::time::Instant;

use hotrow::{
    domain::Policy,
    service::PointService,
    store::{Memory, StoreConfig},
    strategy::{Cas, CombiningLock, ConcurrencyStrategy, Mutex, Queue},
};

use crate::script::{COMMANDS, commands, nanoseconds_per_command, opening};

type CasOnMemory = Cas<Memory<()>>;
type MutexOnMemory = Mutex<Memory<parking_lot::Mutex<()>>>;
type QueueOnMemory = Queue<Memory<CombiningLock>>;

pub(crate) fn cas(users: u64) -> f64 {
    execute::<CasOnMemory>(users)
}

pub(crate) fn mutex(users: u64) -> f64 {
    execute::<MutexOnMemory>(users)
}

pub(crate) fn queue(users: u64) -> f64 {
    execute::<QueueOnMemory>(users)
}

pub(crate) fn read_of_cas(users: u64) -> f64 {
    read::<CasOnMemory>(users)
}

pub(crate) fn read_of_mutex(users: u64) -> f64 {
    read::<MutexOnMemory>(users)
}

pub(crate) fn read_of_queue(users: u64) -> f64 {
    read::<QueueOnMemory>(users)
}

/// Opens an empty service whose ledgers cause no page fault.
pub(crate) fn open_service<T: ConcurrencyStrategy>(users: u64) -> PointService<T> {
    let config = StoreConfig {
        dense_users: users,
        ledger_entries: 3 * COMMANDS as u64 + 64 * users,
        ..StoreConfig::default()
    };
    PointService::open_sync(&config, Policy::default()).expect("a store in memory can be opened")
}

fn open_accounts<T: ConcurrencyStrategy>(users: u64) -> PointService<T> {
    let service = open_service::<T>(users);
    for id in 1..=users {
        let charged = service.execute_sync(opening(id)).expect("no other caller holds the lock");
        charged.expect("an empty account takes half its maximum");
    }
    service
}

fn execute<T: ConcurrencyStrategy>(users: u64) -> f64 {
    let service = open_accounts::<T>(users);
    nanoseconds_per_command(users, |command| {
        let outcome = service.execute_sync(*command).expect("no other caller holds the lock");
        u64::from(outcome.is_ok())
    })
}

fn read<T: ConcurrencyStrategy>(users: u64) -> f64 {
    let service = open_accounts::<T>(users);
    nanoseconds_per_command(users, |command| {
        let account = service.balance_sync(command.user).expect("no other caller holds the lock");
        account.balance
    })
}

/// Returns the longest time of a command that grows the ledger. The ledger of one user grows at the
/// same commands in every run. So the fastest of five runs counts for each command, and occasional
/// interruptions of a run drop out. Memory is not touched in advance here.
pub(crate) fn longest_growth() -> f64 {
    const RUNS: usize = 5;
    let ring = commands(1);
    let mut fastest = vec![f64::MAX; COMMANDS];
    for _ in 0..RUNS {
        let store = Memory::new(&StoreConfig::default());
        let service = PointService::over(CasOnMemory::new(store, Policy::default()));
        for (nth, least) in fastest.iter_mut().enumerate() {
            let started = Instant::now();
            let _ = service.execute_sync(ring[nth % ring.len()]);
            *least = least.min(started.elapsed().as_nanos() as f64);
        }
    }
    fastest.into_iter().fold(0.0, f64::max)
}
