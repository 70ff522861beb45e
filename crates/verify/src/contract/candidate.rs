//! A candidate: one strategy on one store, as the contract needs it.
//!
//! A candidate erases the types of strategy and store. It is plain data and functions that open
//! services, so that one suite can check any number of strategies against the same properties.

use futures_util::{FutureExt, future::BoxFuture};

use hotrow::{
    domain::{Policy, StoreError},
    service::{DynPointService, PointService},
    store::{FaultInjecting, FaultScript, Store, StoreConfig},
    strategy::{ConcurrencyStrategy, Family, Guarantees},
    sync::Arc,
};

/// A [`Candidate`] of a strategy: its type without the store, its per-user state, and the store.
///
/// # Examples
/// ```
/// use hotrow_verify::{candidate};
/// use hotrow::{store::Memory, strategy::{CombiningLock, Queue}};
///
/// let candidate = candidate!(Queue keeps CombiningLock, on Memory);
/// assert_eq!((candidate.strategy, candidate.store), ("queue", "memory"));
/// ```
#[macro_export]
macro_rules! candidate {
    ($($strategy:ident)::+ keeps $state:ty, on $($store:ident)::+) => {
        $crate::contract::Candidate::new::<
            $($strategy)::+<$($store)::+<$state>>,
            $($strategy)::+<$crate::hotrow::store::FaultInjecting<$($store)::+<$state>>>,
            $($strategy)::+<$crate::hotrow::store::FaultInjecting<$($store)::+<$state>, false>>,
        >()
    };
}

/// One strategy on one store.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Name of the strategy.
    pub strategy: &'static str,
    /// Name of the store.
    pub store: &'static str,
    /// Returns the type name of the store, which includes every decorator around it.
    pub store_type: fn() -> &'static str,
    /// Whether calls of the store take simulated time.
    pub has_latency: bool,
    /// Whether calls of the store do I/O, and take real time.
    pub performs_io: bool,
    /// Family of the strategy.
    pub family: Family,
    /// What the strategy guarantees.
    pub guarantees: Guarantees,
    /// Opens the service behind a dynamic call.
    pub open: Open,
    /// Opens it over a store in memory that injects faults. `None` for a database.
    pub fault_injecting: Option<FaultInjectingOpens>,
}

/// Opens a service over an empty store in memory that injects faults.
#[derive(Debug, Clone, Copy)]
pub struct FaultInjectingOpens {
    /// The store yields after each load and each commit.
    pub yielding: OpenYielding,
    /// The store is asynchronous, and suspends its caller where a script says so.
    pub suspending: OpenWithFaults,
    /// The store is synchronous, and blocks its caller's thread where a script says so.
    pub blocking: OpenWithFaults,
}

/// Opens a service over a store.
pub type Open = for<'a> fn(
    &'a StoreConfig,
    Policy,
) -> BoxFuture<'a, Result<Arc<dyn DynPointService>, StoreError>>;

/// Opens a service over an empty store in memory that yields.
pub type OpenYielding = fn(&StoreConfig, Policy) -> Arc<dyn DynPointService>;

/// Opens a service over an empty store in memory that injects the faults of a script.
pub type OpenWithFaults =
    fn(&StoreConfig, Policy, Arc<dyn FaultScript>) -> Arc<dyn DynPointService>;

impl Candidate {
    /// Creates the candidate of strategy `T`. `A` and `B` are the same strategy over a
    /// [`FaultInjecting`] store. The store of `A` suspends its caller, that of `B` blocks it.
    pub const fn new<T, A, B>() -> Candidate
    where
        T: ConcurrencyStrategy,
        A: ConcurrencyStrategy<Store = FaultInjecting<T::Store>>,
        B: ConcurrencyStrategy<Store = FaultInjecting<T::Store, false>>,
    {
        let fault_injecting = FaultInjectingOpens {
            yielding: open_in_memory::<A>,
            suspending: open_with_faults::<A, T::Store, true>,
            blocking: open_with_faults::<B, T::Store, false>,
        };
        Candidate { fault_injecting: Some(fault_injecting), ..Candidate::without_faults::<T>() }
    }

    /// Creates the candidate of strategy `T` on a store in which no fault can be injected, as a
    /// database. Properties that need one do not apply to it.
    pub const fn without_faults<T: ConcurrencyStrategy>() -> Candidate {
        Candidate {
            strategy: T::NAME,
            store: T::Store::NAME,
            store_type: std::any::type_name::<T::Store>,
            has_latency: T::Store::HAS_LATENCY,
            performs_io: T::Store::PERFORMS_IO,
            family: T::FAMILY,
            guarantees: T::GUARANTEES,
            open: open::<T>,
            fault_injecting: None,
        }
    }

    /// Returns how to open the service with faults.
    ///
    /// # Panics
    /// If no fault can be injected in the store.
    pub fn with_faults(&self) -> FaultInjectingOpens {
        self.fault_injecting.expect("the store injects faults")
    }

    /// As `open`, in a plain call, for a store in memory.
    ///
    /// # Panics
    /// If the store cannot be opened, or has to wait.
    pub fn open_sync(&self, config: &StoreConfig, policy: Policy) -> Arc<dyn DynPointService> {
        let opened = (self.open)(config, policy).now_or_never();
        opened.expect(OPENS_AT_ONCE).expect(OPENS_AT_ONCE)
    }

    /// Whether it is a reference, which is measured and never verified or ranked.
    pub fn is_reference(&self) -> bool {
        self.family == Family::Reference
    }
}

const OPENS_AT_ONCE: &str = "a store in memory opens at once and without an error";

fn open<T: ConcurrencyStrategy>(
    config: &StoreConfig,
    policy: Policy,
) -> BoxFuture<'_, Result<Arc<dyn DynPointService>, StoreError>> {
    async move { Ok(Arc::new(PointService::<T>::open(config, policy).await?) as _) }.boxed()
}

fn open_in_memory<T: ConcurrencyStrategy>(
    config: &StoreConfig,
    policy: Policy,
) -> Arc<dyn DynPointService> {
    Arc::new(PointService::<T>::open_sync(config, policy).expect(OPENS_AT_ONCE))
}

fn open_with_faults<T, S, const IS_ASYNC: bool>(
    config: &StoreConfig,
    policy: Policy,
    script: Arc<dyn FaultScript>,
) -> Arc<dyn DynPointService>
where
    S: Store,
    T: ConcurrencyStrategy<Store = FaultInjecting<S, IS_ASYNC>>,
{
    let store = S::open_sync(&config.into()).expect(OPENS_AT_ONCE);
    let store = FaultInjecting::over(store, script);
    Arc::new(PointService::over(T::new(store, policy)))
}
