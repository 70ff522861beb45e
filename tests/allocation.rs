//! What a command and an idle user cost in memory, counted by the allocator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod counting;

use futures_util::FutureExt;
use hotrow::{
    domain::{Amount, Policy, UserId},
    service::PointService,
    store::{Setup, Slab, Stamped, Tables, Versioned},
    strategy::{
        Actor, AsyncMutex, AsyncRwLock, Cas, ConcurrencyStrategy, Desk, Mutex, Queue, RwLock,
        ShardedActor, Turn, Unguarded,
    },
};
use tokio::{runtime, task};

use self::counting::{ALLOCATIONS, LIVE_BYTES};

/// Commands that are counted.
const COMMANDS: u64 = 10_000;

/// Commands before counting begins, in which whatever is made once is made.
const WARM_UP: u64 = 100;

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn one_point() -> Amount {
    Amount::new(1).unwrap()
}

/// Charges, uses and reads, in turn.
async fn commands<T: ConcurrencyStrategy>(service: &PointService<T>, count: u64) {
    for _ in 0..count {
        service.charge(user(1), one_point()).await.unwrap();
        service.use_points(user(1), one_point()).await.unwrap();
        service.balance(user(1)).await.unwrap();
    }
}

/// Allocations of commands that come one after another, once everything is warm.
async fn allocations<T: ConcurrencyStrategy>() -> u64 {
    let lines = 4 * (COMMANDS + WARM_UP);
    let setup = Setup { dense_users: 16, ledger_entries: lines, ..Setup::default() };
    let service = PointService::<T>::open(&setup, Policy::default());
    commands(&service, WARM_UP).await;
    let before = ALLOCATIONS.get();
    commands(&service, COMMANDS).await;
    ALLOCATIONS.get() - before
}

/// Whoever counts nothing finds nothing.
#[test]
fn the_allocator_counts() {
    let (allocations, bytes) = (ALLOCATIONS.get(), LIVE_BYTES.get());
    let memory = std::hint::black_box(vec![0_u8; 1_000]);
    assert_eq!((ALLOCATIONS.get() - allocations, LIVE_BYTES.get() - bytes), (1, 1_000));
    drop(memory);
    assert_eq!(LIVE_BYTES.get(), bytes);
}

/// An allocation costs as much as a whole command that meets nobody. None may be on its path, and
/// it must be done at its first poll.
#[test]
fn a_command_that_meets_nobody_allocates_nothing() {
    fn ready<T: ConcurrencyStrategy>() -> (&'static str, u64) {
        let counted = allocations::<T>().now_or_never();
        (T::NAME, counted.expect("a command that meets nobody is done at its first poll"))
    }
    for (name, allocations) in [
        ready::<Queue<Slab<Turn>>>(),
        ready::<Mutex<Slab<parking_lot::Mutex<()>>>>(),
        ready::<AsyncMutex<Slab<tokio::sync::Mutex<()>>>>(),
        ready::<RwLock<Slab<parking_lot::RwLock<()>>>>(),
        ready::<AsyncRwLock<Slab<tokio::sync::RwLock<()>>>>(),
        ready::<Cas<Slab<()>>>(),
        ready::<Unguarded<Slab<()>>>(),
    ] {
        assert_eq!(allocations, 0, "allocations of {name} in {COMMANDS} rounds");
    }
}

/// A request to a task needs a place in a line and one for its reply. Both must be used again.
#[test]
fn a_request_to_a_task_that_is_there_allocates_nothing() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(allocations::<Actor<Slab<Desk>>>()), 0);
    assert_eq!(runtime.block_on(allocations::<ShardedActor<Slab<()>>>()), 0);
}

/// A million users must fit: each a cache line, whatever the strategy keeps beside it.
#[test]
fn an_idle_user_in_memory_costs_a_cache_line() {
    const FEW: u64 = 10_000;
    const MANY: u64 = 110_000;
    const BYTES_MAX: i64 = 70;
    fn live<T: ConcurrencyStrategy>(users: u64) -> i64 {
        let before = LIVE_BYTES.get();
        let setup = Setup { dense_users: users, ..Setup::default() };
        let _service = PointService::<T>::open(&setup, Policy::default());
        LIVE_BYTES.get() - before
    }
    fn slope<T: ConcurrencyStrategy>() -> (&'static str, i64) {
        let bytes = live::<T>(MANY) - live::<T>(FEW);
        (T::NAME, bytes / i64::try_from(MANY - FEW).unwrap())
    }
    for (name, bytes_a_user) in [
        slope::<Queue<Slab<Turn>>>(),
        slope::<Mutex<Slab<parking_lot::Mutex<()>>>>(),
        slope::<AsyncMutex<Slab<tokio::sync::Mutex<()>>>>(),
        slope::<RwLock<Slab<parking_lot::RwLock<()>>>>(),
        slope::<AsyncRwLock<Slab<tokio::sync::RwLock<()>>>>(),
        slope::<Cas<Slab<()>>>(),
        slope::<Actor<Slab<Desk>>>(),
        slope::<ShardedActor<Slab<()>>>(),
        slope::<Unguarded<Slab<()>>>(),
    ] {
        assert!(bytes_a_user <= BYTES_MAX, "{name} keeps {bytes_a_user} bytes for an idle user");
    }
}

/// A lock, a line or a task that stays for each user who ever came fills the memory one day. Users
/// come, ask once and go, in ten cycles; what is left after each must be the rows of the tables, as
/// with no strategy at all. `HOTROW_USERS=1000000` in the environment is the full run.
#[test]
fn users_who_went_leave_nothing_but_their_rows() {
    const CYCLES: usize = 10;
    /// What a strategy may keep in all, for no user in particular: maps and lines that stay open.
    const BYTES_MAX: i64 = 256 * 1_024;
    /// Bytes after each cycle.
    async fn left<T: ConcurrencyStrategy>(users: u64) -> (&'static str, Vec<i64>) {
        let before = LIVE_BYTES.get();
        let service = PointService::<T>::open(&Setup::default(), Policy::default());
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
        let (_, rows) = left::<Unguarded<Tables<()>>>(users).await;
        for (name, bytes) in [
            left::<Queue<Tables<Turn>>>(users).await,
            left::<AsyncMutex<Tables<tokio::sync::Mutex<()>>>>(users).await,
            left::<AsyncRwLock<Tables<tokio::sync::RwLock<()>>>>(users).await,
            left::<Cas<Versioned<Tables<Stamped<()>>>>>(users).await,
            left::<Actor<Tables<Desk>>>(users).await,
            left::<ShardedActor<Tables<()>>>(users).await,
        ] {
            let kept: Vec<i64> =
                bytes.iter().zip(&rows).map(|(bytes, rows)| bytes - rows).collect();
            println!("{name} keeps beside the rows of {users} users, by cycle: {kept:?} bytes");
            let (first, last) = (kept[0], kept[CYCLES - 1]);
            assert!(first <= BYTES_MAX, "{name} keeps {first} bytes for {users} users who went");
            assert!(last - first <= rows[0] / 100, "{name} grows from cycle to cycle: {kept:?}");
        }
    });
}
