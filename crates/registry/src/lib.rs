//! Every strategy on every store that it fits: the input of the contract suite, the benchmarks, the
//! command line and the report.
//!
//! This table is the only place that names both. A pair that does not fit does not compile.
//!
//! Each entry holds functions of the contract and of the engine for one strategy on one store, so
//! this crate is where they are compiled. It has nothing else in it: a change of the command line
//! or of a test compiles none of them again.
//!
//! ```
//! let mutexes: Vec<_> =
//!     hotrow_registry::entries().filter(|entry| entry.strategy == "mutex").collect();
//! assert_eq!(mutexes.len(), 1);
//! assert_eq!(mutexes[0].store, "memory");
//! assert!(mutexes[0].guarantees.linearizable);
//! ```

#![deny(missing_docs)]

use std::ops::Deref;

use hotrow::{
    store::{FaultInjecting, Memory, Simulated, VersionStamped, Versioned},
    strategy::*,
    sync::{self, asynchronous, atomic},
};
use hotrow_engine as engine;
use hotrow_engine::{Measure, Record, SingleClientFn};
use hotrow_verify::contract::Candidate;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod databases;

/// The simulated store with the version column that it lacks.
type VersionedSimulated<L> = Versioned<Simulated<VersionStamped<L>>>;

/// A row: a strategy, its state per user, and the stores that it runs on.
macro_rules! rows {
    ($($($strategy:ident)::+ keeps $state:ty, on $($store:ident),+;)+) => {
        &[$(rows!(@row [$($strategy)::+] $state, $($store)+)),+]
    };
    (@row $strategy:tt $state:ty, $($store:ident)+) => {
        &[$(rows!(@entry $strategy $state, $store)),+]
    };
    (@entry [$($strategy:tt)+] $state:ty, $store:ident) => {
        Entry::new::<
            $($strategy)+<$store<$state>>,
            $($strategy)+<FaultInjecting<$store<$state>>>,
            $($strategy)+<FaultInjecting<$store<$state>, false>>,
        >()
    };
}

const ENTRIES: &[&[Entry]] = rows! {
    Queue          keeps CombiningLock,            on Memory, Simulated;
    Mutex          keeps sync::Mutex<()>,          on Memory;
    AsyncMutex     keeps asynchronous::Mutex<()>,  on Memory, Simulated;
    RwLock         keeps sync::RwLock<()>,         on Memory;
    AsyncRwLock    keeps asynchronous::RwLock<()>, on Memory, Simulated;
    Cas            keeps (),                       on Memory, VersionedSimulated;
    Actor          keeps ActorCell,                on Memory, Simulated;
    ShardedActor   keeps (),                       on Memory, Simulated;
    Unsynchronized keeps (),                       on Memory, Simulated;
    FetchAdd       keeps atomic::AtomicU64,        on Memory, Simulated;
    Noop           keeps (),                       on Memory, Simulated;
};

/// A [`Candidate`] that can also be measured.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    candidate: Candidate,
    /// Measures it once.
    pub measure: Measure,
    /// Records one history of it.
    pub record: Record,
    /// Times it with a single client.
    pub single_client: SingleClientFn,
}

impl Deref for Entry {
    type Target = Candidate;

    fn deref(&self) -> &Candidate {
        &self.candidate
    }
}

impl Entry {
    /// Creates the entry of strategy `T`. `A` and `B` are as in [`Candidate::new`].
    pub const fn new<T, A, B>() -> Entry
    where
        T: ConcurrencyStrategy,
        A: ConcurrencyStrategy<Store = FaultInjecting<T::Store>>,
        B: ConcurrencyStrategy<Store = FaultInjecting<T::Store, false>>,
    {
        Entry::of_candidate::<T>(Candidate::new::<T, A, B>())
    }

    /// Creates the entry of strategy `T` on a database.
    pub const fn on_database<T: ConcurrencyStrategy>() -> Entry {
        Entry::of_candidate::<T>(Candidate::without_faults::<T>())
    }

    const fn of_candidate<T: ConcurrencyStrategy>(candidate: Candidate) -> Entry {
        // A build that explores schedules measures nothing, and the code that measures is most of
        // what there is to compile.
        if cfg!(shuttle) {
            return Entry {
                candidate,
                measure: |_, _| unreachable!("schedules are explored, not measured"),
                record: |_, _, _| unreachable!("schedules are explored, not measured"),
                single_client: |_, _| unreachable!("schedules are explored, not measured"),
            };
        }
        Entry {
            candidate,
            measure: engine::measure::<T>,
            record: engine::record::<T>,
            single_client: engine::single_client::<T>,
        }
    }
}

/// Returns every entry on a database that is compiled in, in the order of the report.
///
/// [`Unsynchronized`] is not among them: the keys of the ledger turn its lost updates into conflicts,
/// so it is slow there and not wrong.
pub fn databases() -> impl Iterator<Item = &'static Entry> {
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    return databases::ENTRIES.iter().copied().flatten();
    #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
    return std::iter::empty();
}

/// A server that runs as long as this lives, for a database that needs one.
#[derive(Debug)]
pub struct PrivateServer {
    /// What was started, in one line.
    pub summary: String,
    #[cfg(feature = "postgres")]
    _server: std::sync::Arc<hotrow_stores::postgres::PostgresServer>,
}

/// Starts the private server of `store` and keeps it between measurements. `None` if the store needs
/// none.
///
/// # Errors
/// A sentence that says what is missing.
pub async fn private_server(store: &str) -> Result<Option<PrivateServer>, String> {
    match store {
        #[cfg(feature = "postgres")]
        "postgres" => {
            let server = hotrow_stores::postgres::PostgresServer::shared().await;
            let server = server.map_err(|error| error.to_string())?;
            Ok(Some(PrivateServer { summary: server.summary().to_owned(), _server: server }))
        }
        _ => Ok(None),
    }
}

/// Returns every entry: first those in memory, then those on databases.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    entries().chain(databases())
}

/// Returns every entry in memory, in the order of the report.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().copied().flatten()
}
