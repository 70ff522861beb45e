//! Strategies with many concurrent clients.

use std::{
    future::Future,
    hint::black_box,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use hotrow::{
    domain::{Command, Outcome},
    scenario::{Clients, Scenario},
    store::{Memory, Store, SyncStore},
    strategy::{
        Actor, ActorCell, Base, CombiningLock, ConcurrencyStrategy, Family, Guarantees, Queue,
        Scope, ShardedActor,
    },
};
use hotrow_engine::{Iteration, Schedule, measure};
use parking_lot::MutexGuard;
use tokio::task;

use crate::{
    script::{commands, opening},
    strategies::open_service,
};

/// Commands of one probe of an actor.
const COMMANDS: usize = 1 << 15;

pub(crate) fn actor(in_flight: usize) -> f64 {
    tasks_on_one_thread::<Actor<Memory<ActorCell>>>(in_flight)
}

pub(crate) fn sharded_actor(in_flight: usize) -> f64 {
    tasks_on_one_thread::<ShardedActor<Memory<()>>>(in_flight)
}

/// Runs tasks on one thread, each of which waits for one command at a time.
fn tasks_on_one_thread<T: ConcurrencyStrategy>(tasks: usize) -> f64 {
    let service = Arc::new(open_service::<T>(1));
    let sequence: Arc<[Command]> = commands(1).into();
    let charged = Arc::clone(&service);
    let first = async move {
        charged.execute(opening(1)).await.expect("an empty account takes half its maximum");
    };
    nanoseconds_per_step(tasks, first, move |steps| {
        let (service, sequence) = (Arc::clone(&service), Arc::clone(&sequence));
        async move {
            for &command in sequence.iter().cycle().take(steps) {
                let _ = black_box(service.execute(command).await);
            }
        }
    })
}

/// Measures the time in which the runtime suspends a task and resumes it. Every request to an actor
/// needs that at least once.
pub(crate) fn task_yield(tasks: usize) -> f64 {
    nanoseconds_per_step(tasks, async {}, |steps| async move {
        for _ in 0..steps {
            task::yield_now().await;
        }
    })
}

/// Divides [`COMMANDS`] steps among tasks on one thread, and returns the nanoseconds per step.
fn nanoseconds_per_step<F>(
    tasks: usize,
    first: impl Future<Output = ()> + Send + 'static,
    client: impl Fn(usize) -> F + Send + 'static,
) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without timers and sockets needs no system resources");
    // A future that `block_on` polls itself costs a wake-up of the thread per poll.
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
    on_8_threads::<Queue<Memory<CombiningLock>>>()
}

pub(crate) fn fair_mutex_of_8_threads() -> f64 {
    on_8_threads::<FairMutex<Memory<parking_lot::Mutex<()>>>>()
}

fn on_8_threads<T: ConcurrencyStrategy>() -> f64 {
    let scenario = Scenario::hot_row(Clients::Threads(8));
    let schedule = Schedule {
        blocks: 1,
        warm_up: Duration::from_millis(20),
        capacity_window: Duration::from_millis(100),
        latency_window: Duration::from_millis(1),
        seed: 1,
    };
    let measured = measure::<T>(
        &Iteration { scenario, schedule, block: 0, location: None },
        &AtomicBool::new(false),
    );
    measured.window_ns as f64 / measured.completed() as f64
}

/// A blocking lock that every release passes to the longest waiter.
struct FairMutex<S>(Base<S>);

impl<S: SyncStore + Store<PerUserState = parking_lot::Mutex<()>>> ConcurrencyStrategy
    for FairMutex<S>
{
    type Store = S;

    const NAME: &'static str = "fair-mutex";
    const FAMILY: Family = Family::Mutex;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> FairMutex<S> {
        FairMutex(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.0.store.entry(command.user);
        let guard = entry.lock();
        let outcome = self.0.step_sync(&entry, command);
        MutexGuard::unlock_fair(guard);
        Some(outcome)
    }
}
