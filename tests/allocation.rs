//! The memory cost of a command and of an idle user, counted by the allocator.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod counting;

use futures_util::FutureExt;
use hotrow::{
    domain::{Amount, Policy, UserId},
    service::PointService,
    store::{Memory, Simulated, StoreConfig, VersionStamped, Versioned},
    strategy::{
        Actor, ActorCell, AsyncMutex, AsyncRwLock, Cas, CombiningLock, ConcurrencyStrategy, Mutex,
        Queue, RwLock, ShardedActor, Unsynchronized,
    },
};
use tokio::{runtime, task};

use self::counting::{ALLOCATIONS, LIVE_BYTES};

/// Counted iterations of a charge, a use and a read.
const ITERATIONS: u64 = 10_000;

/// Iterations before counting begins, in which one-time allocations happen.
const WARM_UP: u64 = 100;

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn one_point() -> Amount {
    Amount::new(1).unwrap()
}

/// Runs iterations of a charge, a use and a read.
async fn run_commands<T: ConcurrencyStrategy>(service: &PointService<T>, count: u64) {
    for _ in 0..count {
        service.charge(user(1), one_point()).await.unwrap();
        service.use_points(user(1), one_point()).await.unwrap();
        service.balance(user(1)).await.unwrap();
    }
}

/// Counts the allocations of sequential commands after the warm-up.
async fn allocations<T: ConcurrencyStrategy>() -> u64 {
    let ledger_entries = 4 * (ITERATIONS + WARM_UP);
    let config = StoreConfig { dense_users: 16, ledger_entries, ..StoreConfig::default() };
    let service = PointService::<T>::open_sync(&config, Policy::default()).unwrap();
    run_commands(&service, WARM_UP).await;
    let before = ALLOCATIONS.get();
    run_commands(&service, ITERATIONS).await;
    ALLOCATIONS.get() - before
}

/// If the counter did not work, the other tests would always pass.
#[test]
fn the_allocator_counts() {
    let (allocations, bytes) = (ALLOCATIONS.get(), LIVE_BYTES.get());
    let memory = std::hint::black_box(vec![0_u8; 1_000]);
    assert_eq!((ALLOCATIONS.get() - allocations, LIVE_BYTES.get() - bytes), (1, 1_000));
    drop(memory);
    assert_eq!(LIVE_BYTES.get(), bytes);
}

/// An allocation costs as much as a whole command without contention. Such a command must not
/// allocate, and must be ready at its first poll.
#[test]
fn an_uncontended_command_allocates_nothing() {
    fn ready<T: ConcurrencyStrategy>() -> (&'static str, u64) {
        let counted = allocations::<T>().now_or_never();
        (T::NAME, counted.expect("an uncontended command is ready at its first poll"))
    }
    for (name, allocations) in [
        ready::<Queue<Memory<CombiningLock>>>(),
        ready::<Mutex<Memory<parking_lot::Mutex<()>>>>(),
        ready::<AsyncMutex<Memory<tokio::sync::Mutex<()>>>>(),
        ready::<RwLock<Memory<parking_lot::RwLock<()>>>>(),
        ready::<AsyncRwLock<Memory<tokio::sync::RwLock<()>>>>(),
        ready::<Cas<Memory<()>>>(),
        ready::<Unsynchronized<Memory<()>>>(),
    ] {
        assert_eq!(allocations, 0, "allocations of {name} in {ITERATIONS} iterations");
    }
}

/// A request to a task needs a slot in a queue and a slot for its reply. Both must be reused.
#[test]
fn a_request_to_a_running_task_allocates_nothing() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(allocations::<Actor<Memory<ActorCell>>>()), 0);
    assert_eq!(runtime.block_on(allocations::<ShardedActor<Memory<()>>>()), 0);
}

/// A million users must fit into memory: each takes a cache line, including the state of the
/// strategy.
#[test]
fn an_idle_user_in_memory_costs_a_cache_line() {
    const FEW: u64 = 10_000;
    const MANY: u64 = 110_000;
    const BYTES_MAX: i64 = 70;
    fn live<T: ConcurrencyStrategy>(users: u64) -> i64 {
        let before = LIVE_BYTES.get();
        let config = StoreConfig { dense_users: users, ..StoreConfig::default() };
        let _service = PointService::<T>::open_sync(&config, Policy::default()).unwrap();
        LIVE_BYTES.get() - before
    }
    fn bytes_per_user<T: ConcurrencyStrategy>() -> (&'static str, i64) {
        let bytes = live::<T>(MANY) - live::<T>(FEW);
        (T::NAME, bytes / i64::try_from(MANY - FEW).unwrap())
    }
    for (name, bytes) in [
        bytes_per_user::<Queue<Memory<CombiningLock>>>(),
        bytes_per_user::<Mutex<Memory<parking_lot::Mutex<()>>>>(),
        bytes_per_user::<AsyncMutex<Memory<tokio::sync::Mutex<()>>>>(),
        bytes_per_user::<RwLock<Memory<parking_lot::RwLock<()>>>>(),
        bytes_per_user::<AsyncRwLock<Memory<tokio::sync::RwLock<()>>>>(),
        bytes_per_user::<Cas<Memory<()>>>(),
        bytes_per_user::<Actor<Memory<ActorCell>>>(),
        bytes_per_user::<ShardedActor<Memory<()>>>(),
        bytes_per_user::<Unsynchronized<Memory<()>>>(),
    ] {
        assert!(bytes <= BYTES_MAX, "{name} keeps {bytes} bytes for an idle user");
    }
}

/// Memory leak: a lock, a queue or a task that stays for every user fills the memory in the end. In
/// ten cycles each user sends one command. After each cycle only the rows of the store may remain,
/// as without a strategy. The full run has `HOTROW_USERS=1000000` in the environment.
#[test]
fn idle_users_leave_nothing_but_their_rows() {
    const CYCLES: usize = 10;
    /// Most bytes that a strategy may keep in total, independent of users: maps and queues.
    const BYTES_MAX: i64 = 256 * 1_024;
    /// Returns the bytes after each cycle.
    async fn bytes_by_cycle<T: ConcurrencyStrategy>(users: u64) -> (&'static str, Vec<i64>) {
        let before = LIVE_BYTES.get();
        let service =
            PointService::<T>::open_sync(&StoreConfig::default(), Policy::default()).unwrap();
        let mut bytes = Vec::with_capacity(CYCLES);
        for _ in 0..CYCLES {
            for id in 1..=users {
                service.charge(user(id), one_point()).await.unwrap();
            }
            for _ in 0..100 {
                task::yield_now().await;
            }
            bytes.push(LIVE_BYTES.get() - before);
        }
        (T::NAME, bytes)
    }
    let users = std::env::var("HOTROW_USERS").map_or(50_000, |users| users.parse().unwrap());
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (_, rows) = bytes_by_cycle::<Unsynchronized<Simulated<()>>>(users).await;
        for (name, bytes) in [
            bytes_by_cycle::<Queue<Simulated<CombiningLock>>>(users).await,
            bytes_by_cycle::<AsyncMutex<Simulated<tokio::sync::Mutex<()>>>>(users).await,
            bytes_by_cycle::<AsyncRwLock<Simulated<tokio::sync::RwLock<()>>>>(users).await,
            bytes_by_cycle::<Cas<Versioned<Simulated<VersionStamped<()>>>>>(users).await,
            bytes_by_cycle::<Actor<Simulated<ActorCell>>>(users).await,
            bytes_by_cycle::<ShardedActor<Simulated<()>>>(users).await,
        ] {
            let kept: Vec<i64> =
                bytes.iter().zip(&rows).map(|(bytes, rows)| bytes - rows).collect();
            println!("{name} keeps, besides the rows of {users} users, by cycle: {kept:?} bytes");
            let (first, last) = (kept[0], kept[CYCLES - 1]);
            assert!(first <= BYTES_MAX, "{name} keeps {first} bytes for {users} idle users");
            assert!(last - first <= rows[0] / 100, "{name} grows from cycle to cycle: {kept:?}");
        }
    });
}
