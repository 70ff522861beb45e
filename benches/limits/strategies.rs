//! Strategies asked one command after another by one thread.

use std::time::Instant;

use hotrow::{
    domain::{Action, Amount, Command, OperationId, Policy, UserId},
    service::PointService,
    store::{Setup, Slab},
    strategy::{Cas, ConcurrencyStrategy, Mutex, Queue, Turn},
};

use crate::limits::timed;

/// Commands of one probe.
pub(crate) const COMMANDS: usize = 1 << 17;

/// Commands drawn; they are asked again and again, so that reading them costs next to nothing.
const RING: usize = 1 << 12;

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

/// Charges and uses of `users` users in no order that could be foreseen.
pub(crate) fn commands(users: u64) -> Vec<Command> {
    let mut rng = fastrand::Rng::with_seed(users);
    let mut command = |id| {
        let amount = Amount::new(rng.u64(1..=100)).expect("amounts start at 1");
        let action = if rng.bool() { Action::Charge(amount) } else { Action::Use(amount) };
        let user = UserId::new(rng.u64(1..=users)).expect("ids start at 1");
        Command { id: OperationId(id), user, action }
    };
    (1..=RING as u64).map(&mut command).collect()
}

/// Runs `each` on [`COMMANDS`] commands and gives the nanoseconds that one took.
pub(crate) fn nanoseconds_each(users: u64, each: impl FnMut(&Command) -> u64) -> f64 {
    timed(&commands(users), COMMANDS / RING, each)
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

/// Half of what a user may hold, so that neither charges nor uses are soon refused.
pub(crate) fn opening(id: u64) -> Command {
    let half = Amount::new(500_000).expect("half a million is an amount");
    let user = UserId::new(id).expect("ids start at 1");
    Command { id: OperationId(0), user, action: Action::Charge(half) }
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
            let _ = service.execute_at_once(ring[nth % RING]);
            *least = least.min(started.elapsed().as_nanos() as f64);
        }
    }
    fastest.into_iter().fold(0.0, f64::max)
}
