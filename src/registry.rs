//! Every strategy on every store that it fits: what the suite tests, the benchmarks measure, the
//! command line runs and the report lists.
//!
//! This table is the only place that names both. A strategy that is not in it is never constructed,
//! which the compiler says; a pair that does not fit does not compile.

use crate::{
    domain::Policy,
    engine::{self, Alone, Measure, Record},
    service::{PointService, Points},
    store::{Adversary, Script, Setup, Slab, Stamped, Store, Tables, Versioned},
    strategy::{
        Actor, AsyncMutex, AsyncRwLock, Cas, ConcurrencyStrategy, Desk, Family, FetchAdd, Mutex,
        Null, Promises, Queue, RwLock, ShardedActor, Turn, Unguarded,
    },
    sync::{self, Arc, asynchronous, atomic::AtomicU64},
};

/// The given tables with the version column that they lack.
type VersionedTables<L> = Versioned<Tables<Stamped<L>>>;

/// A row: what a strategy keeps for one user, and the stores that it runs on.
macro_rules! rows {
    ($($strategy:ident keeps $slot:ty, on $($store:ident),+;)+) => {
        &[$($(
            Entry::of::<
                $strategy<$store<$slot>>,
                $strategy<Adversary<$store<$slot>>>,
                $strategy<Adversary<$store<$slot>, false>>,
            >(),
        )+)+]
    };
}

const ENTRIES: &[Entry] = rows! {
    Queue        keeps Turn,                      on Slab, Tables;
    Mutex        keeps sync::Mutex<()>,    on Slab;
    AsyncMutex   keeps asynchronous::Mutex<()>,    on Slab, Tables;
    RwLock       keeps sync::RwLock<()>,   on Slab;
    AsyncRwLock  keeps asynchronous::RwLock<()>,   on Slab, Tables;
    Cas          keeps (),                        on Slab, VersionedTables;
    Actor        keeps Desk,                      on Slab, Tables;
    ShardedActor keeps (),                        on Slab, Tables;
    Unguarded    keeps (),                        on Slab, Tables;
    FetchAdd     keeps AtomicU64,                 on Slab, Tables;
    Null         keeps (),                        on Slab, Tables;
};

/// An [`Entry`](crate::registry::Entry) of a strategy that is not in the registry: its type without the
/// store, what it keeps for each user, and the store.
///
/// # Examples
/// ```
/// use hotrow::{entry, strategy::{Queue, Turn}};
///
/// let entry = entry!(Queue keeps Turn, on Slab);
/// assert_eq!((entry.strategy, entry.store), ("queue", "slab"));
/// ```
#[macro_export]
macro_rules! entry {
    ($($strategy:ident)::+ keeps $slot:ty, on $store:ident) => {
        $crate::registry::Entry::unmeasured::<
            $($strategy)::+<$crate::store::$store<$slot>>,
            $($strategy)::+<$crate::store::Adversary<$crate::store::$store<$slot>>>,
            $($strategy)::+<$crate::store::Adversary<$crate::store::$store<$slot>, false>>,
        >()
    };
}

/// One strategy on one store.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Name of the strategy.
    pub strategy: &'static str,
    /// Name of the store.
    pub store: &'static str,
    /// The type of the store, which names what had to be put before it.
    pub store_type: fn() -> &'static str,
    /// What kind of answer it is.
    pub family: Family,
    /// What it promises.
    pub promises: Promises,
    /// Opens the service behind a dynamic call.
    pub open: Open,
    /// As `open`, over a store that steps aside after each load.
    pub open_behind_adversary: Open,
    /// As `open`, over a store that suspends where and for as long as a script says.
    pub open_suspending: OpenScripted,
    /// As `open`, over a store that blocks its caller's thread where a script says.
    pub open_blocking: OpenScripted,
    /// Measures it once.
    pub measure: Measure,
    /// Records it once.
    pub record: Record,
    /// Times it with one caller.
    pub alone: Alone,
}

/// Opens a service over an empty store.
pub type Open = fn(&Setup, Policy) -> Arc<dyn Points>;

/// Opens a service over an empty store that does what a script says.
pub type OpenScripted = fn(&Setup, Policy, Arc<dyn Script>) -> Arc<dyn Points>;

impl Entry {
    /// The entry of strategy `T`. `A` and `B` are the same over an [`Adversary`], which suspends
    /// in the one and blocks in the other.
    pub const fn of<T, A, B>() -> Entry
    where
        T: ConcurrencyStrategy,
        A: ConcurrencyStrategy<Store = Adversary<T::Store>>,
        B: ConcurrencyStrategy<Store = Adversary<T::Store, false>>,
    {
        // Where schedules are explored nothing is measured, and what measures need not be compiled.
        if cfg!(shuttle) {
            return Entry::unmeasured::<T, A, B>();
        }
        Entry {
            measure: engine::measure::<T>,
            record: engine::record::<T>,
            alone: engine::alone::<T>,
            ..Entry::unmeasured::<T, A, B>()
        }
    }

    /// As [`of`](Entry::of), for a strategy that is only to be checked: the code that measures one
    /// is most of what there is to compile.
    pub const fn unmeasured<T, A, B>() -> Entry
    where
        T: ConcurrencyStrategy,
        A: ConcurrencyStrategy<Store = Adversary<T::Store>>,
        B: ConcurrencyStrategy<Store = Adversary<T::Store, false>>,
    {
        Entry {
            strategy: T::NAME,
            store: T::Store::NAME,
            store_type: std::any::type_name::<T::Store>,
            family: T::FAMILY,
            promises: T::PROMISES,
            open: open::<T>,
            open_behind_adversary: open::<A>,
            open_suspending: open_scripted::<A, T::Store, true>,
            open_blocking: open_scripted::<B, T::Store, false>,
            measure: |_, _| panic!("this entry is there to be checked and not to be measured"),
            record: |_, _, _| panic!("this entry is there to be checked and not to be measured"),
            alone: |_, _| panic!("this entry is there to be checked and not to be measured"),
        }
    }

    /// Whether it is measured only as a limit for the others.
    pub fn is_reference(&self) -> bool {
        self.family == Family::Reference
    }
}

fn open<T: ConcurrencyStrategy>(setup: &Setup, policy: Policy) -> Arc<dyn Points> {
    Arc::new(PointService::<T>::open(setup, policy))
}

fn open_scripted<T, S, const SUSPENDS: bool>(
    setup: &Setup,
    policy: Policy,
    script: Arc<dyn Script>,
) -> Arc<dyn Points>
where
    S: Store,
    T: ConcurrencyStrategy<Store = Adversary<S, SUSPENDS>>,
{
    let store = Adversary::over(S::open(setup), script);
    Arc::new(PointService::over(T::new(store, policy)))
}

/// Every entry, in the order of the report.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::Kind;

    /// A strategy that cannot be asked by one caller, or does something else when it is, would
    /// stop a benchmark minutes after it began.
    #[test]
    fn every_entry_answers_one_caller() {
        for entry in entries() {
            for kind in Kind::ALL {
                assert_eq!((entry.alone)(kind, 0), Duration::ZERO);
                for requests in [1, 301] {
                    (entry.alone)(kind, requests);
                }
            }
        }
    }
}
