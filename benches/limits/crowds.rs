//! Strategies asked by many at once.

use std::{
    future::Future,
    hint::black_box,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    engine::{Cell, Clients, Schedule, Trial, measure},
    store::{ImmediateStore, Slab, Store},
    strategy::{
        Actor, ConcurrencyStrategy, Desk, Family, Promises, Queue, ShardedActor, Turn, step_now,
    },
};
use parking_lot::MutexGuard;
use tokio::task;

use crate::{
    script::{commands, opening},
    strategies::opened,
};

/// Commands of one probe of an actor.
const COMMANDS: usize = 1 << 15;

pub(crate) fn actor(in_flight: usize) -> f64 {
    in_flight_on_one_thread::<Actor<Slab<Desk>>>(in_flight)
}

pub(crate) fn sharded_actor(in_flight: usize) -> f64 {
    in_flight_on_one_thread::<ShardedActor<Slab<()>>>(in_flight)
}

/// Tasks of one thread that each wait for one command at a time.
fn in_flight_on_one_thread<T: ConcurrencyStrategy>(tasks: usize) -> f64 {
    let service = Arc::new(opened::<T>(1));
    let script: Arc<[Command]> = commands(1).into();
    let charged = Arc::clone(&service);
    let first = async move {
        charged.execute(opening(1)).await.expect("an empty account takes half its maximum");
    };
    nanoseconds_of_tasks(tasks, first, move |turns| {
        let (service, script) = (Arc::clone(&service), Arc::clone(&script));
        async move {
            for &command in script.iter().cycle().take(turns) {
                let _ = black_box(service.execute(command).await);
            }
        }
    })
}

/// What the runtime takes to suspend a task and to come back to it, which every request to an actor
/// costs once at least.
pub(crate) fn turn_of_a_task(tasks: usize) -> f64 {
    nanoseconds_of_tasks(tasks, async {}, |turns| async move {
        for _ in 0..turns {
            task::yield_now().await;
        }
    })
}

/// Shares [`COMMANDS`] turns among tasks of one thread and gives the nanoseconds that one took.
fn nanoseconds_of_tasks<F>(
    tasks: usize,
    first: impl Future<Output = ()> + Send + 'static,
    client: impl Fn(usize) -> F + Send + 'static,
) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without timers and sockets needs nothing of the system");
    // A future that `block_on` polls itself pays for a wake-up of the thread each time.
    let driver = async move {
        first.await;
        let started = Instant::now();
        let clients: Vec<_> = (0..tasks).map(|_| tokio::spawn(client(COMMANDS / tasks))).collect();
        for client in clients {
            client.await.expect("no client panics");
        }
        started.elapsed().as_nanos() as f64 / COMMANDS as f64
    };
    runtime.block_on(async { tokio::spawn(driver).await.expect("the driver does not panic") })
}

pub(crate) fn queue_of_8_threads() -> f64 {
    on_8_threads::<Queue<Slab<Turn>>>()
}

pub(crate) fn fair_mutex_of_8_threads() -> f64 {
    on_8_threads::<FairMutex<Slab<parking_lot::Mutex<()>>>>()
}

fn on_8_threads<T: ConcurrencyStrategy>() -> f64 {
    let cell = Cell::hot_row(Clients::Threads(8));
    let schedule = Schedule {
        blocks: 1,
        warm_up: Duration::from_millis(20),
        capacity_window: Duration::from_millis(100),
        latency_window: Duration::from_millis(1),
        seed: 1,
    };
    let measured = measure::<T>(&Trial { cell, schedule, block: 0 }, &AtomicBool::new(false));
    measured.window_ns as f64 / measured.completed() as f64
}

/// A blocking lock that is handed to whoever has waited longest, each time.
struct FairMutex<S> {
    store: S,
    policy: Policy,
}

impl<S: ImmediateStore + Store<Slot = parking_lot::Mutex<()>>> ConcurrencyStrategy
    for FairMutex<S>
{
    type Store = S;

    const NAME: &'static str = "fair-mutex";
    const FAMILY: Family = Family::Mutex;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> FairMutex<S> {
        FairMutex { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let row = self.store.row(command.user);
        let turn = row.lock();
        let outcome = step_now(&self.store, &row, &self.policy, command);
        MutexGuard::unlock_fair(turn);
        Some(outcome)
    }

    async fn execute(&self, command: Command) -> Outcome {
        self.execute_at_once(command).expect("a lock that blocks is waited for in the call")
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.store.load_now(&self.store.row(user)))
    }
}
