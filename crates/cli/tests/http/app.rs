//! A service in this process, and helpers that send requests to it.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use hotrow::{
    clock::CoarseClock,
    domain::Policy,
    scenario::Latency,
    service::DynPointService,
    store::{FaultScript, StoreConfig},
};
use hotrow_registry::Entry;
use hotrow_server::{Limits, Server, ServiceInfo};
use tokio::{
    runtime::{Builder, Handle},
    task::{self, JoinHandle},
    time::timeout,
};
use tower::ServiceExt;

use crate::{account_check::HistoryEntry, answer::Answer, ask::Request, interference::Faults};

/// Maximum duration of a test in real time. The longest one takes a few seconds.
const TEST_MAX: Duration = Duration::from_secs(30);

/// Maximum time until requests have reached the strategy.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Maximum duration of a test in paused time; the clock reaches it when no task can make progress.
const PAUSED_MAX: Duration = Duration::from_hours(24);

/// More than the cores of a small machine, so that some threads are always preempted.
const WORKERS: usize = 4;

/// Whether time is paused, and how many threads run the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExecutionMode {
    /// One thread, and a clock that jumps to the next timer.
    Paused,
    /// Several threads, and real time.
    Threads,
}

impl ExecutionMode {
    /// Returns the mode in which steps of `entry` can be held while other requests arrive. If a
    /// held step blocks its thread, each caller needs its own thread.
    pub(crate) fn for_holds(entry: &Entry) -> ExecutionMode {
        let (faults, policy) = (Arc::new(Faults::default()), Policy::default());
        let script: Arc<dyn FaultScript> = Arc::clone(&faults) as _;
        let points = (entry.with_faults().suspending)(&StoreConfig::default(), policy, script);
        let app = App::from_service(points, entry, policy, Limits::default());
        ExecutionMode::Paused.run(app.call(&Request::charge(1, 1)));
        if faults.blocks_threads() { ExecutionMode::Threads } else { ExecutionMode::Paused }
    }

    /// Runs `test` to its end.
    ///
    /// # Panics
    /// If the test does not end in time.
    pub(crate) fn run<T>(self, test: impl Future<Output = T>) -> T {
        let mut builder = match self {
            ExecutionMode::Paused => Builder::new_current_thread(),
            ExecutionMode::Threads => Builder::new_multi_thread(),
        };
        let duration_max = match self {
            ExecutionMode::Paused => {
                builder.start_paused(true);
                PAUSED_MAX
            }
            ExecutionMode::Threads => {
                builder.worker_threads(WORKERS);
                TEST_MAX
            }
        };
        let runtime = builder.enable_all().build().expect("a runtime needs only threads");
        let ended = runtime.block_on(async { timeout(duration_max, test).await });
        // A thread that hangs is left behind.
        runtime.shutdown_background();
        ended.expect("the test makes progress until it ends")
    }
}

/// A service without a socket.
#[derive(Clone)]
pub(crate) struct App {
    router: Router,
    /// Whether each caller has its own thread, because a held step may block it.
    callers_are_threads: bool,
}

impl App {
    /// Opens the service of `entry` with the default store and policy.
    pub(crate) fn open(entry: &Entry) -> App {
        App::with_config(entry, &StoreConfig::default(), Policy::default())
    }

    pub(crate) fn with_config(entry: &Entry, setup: &StoreConfig, policy: Policy) -> App {
        App::from_service(entry.open_sync(setup, policy), entry, policy, Limits::default())
    }

    /// Opens the service of `entry` on a store with latency.
    pub(crate) fn slow(entry: &Entry, latency: Latency, policy: Policy, limits: Limits) -> App {
        let setup = StoreConfig { latency, ..StoreConfig::default() };
        App::from_service(entry.open_sync(&setup, policy), entry, policy, limits)
    }

    /// Opens a service with fault injection, for the mode of [`ExecutionMode::for_holds`].
    pub(crate) fn with_faults(
        entry: &Entry,
        mode: ExecutionMode,
        limits: Limits,
    ) -> (App, Arc<Faults>) {
        let (faults, policy) = (Arc::new(Faults::default()), Policy::default());
        let script: Arc<dyn FaultScript> = Arc::clone(&faults) as _;
        let points = (entry.with_faults().suspending)(&StoreConfig::default(), policy, script);
        let callers_are_threads = mode == ExecutionMode::Threads;
        (App { callers_are_threads, ..App::from_service(points, entry, policy, limits) }, faults)
    }

    pub(crate) fn from_service(
        points: Arc<dyn DynPointService>,
        entry: &Entry,
        policy: Policy,
        limits: Limits,
    ) -> App {
        // The server does not advance the clock of the store, so the times of entries are constant.
        let server = Server::new(points, CoarseClock::default(), about(entry, policy), limits);
        App { router: server.router(), callers_are_threads: false }
    }

    /// Uses a router that was built elsewhere.
    pub(crate) fn from_router(router: Router) -> App {
        App { router, callers_are_threads: false }
    }

    pub(crate) async fn call(&self, request: &Request) -> Answer {
        match self.router.clone().oneshot(request.to_http()).await {
            Ok(response) => Answer::from_response(response).await,
            Err(never) => match never {},
        }
    }

    /// Sends a request in a new task.
    pub(crate) fn spawn_call(&self, request: Request) -> JoinHandle<Answer> {
        let app = self.clone();
        let answer = async move { app.call(&request).await };
        match self.callers_are_threads {
            false => task::spawn(answer),
            true => {
                let handle = Handle::current();
                task::spawn_blocking(move || handle.block_on(answer))
            }
        }
    }

    /// The value of the metric `name`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        metric(&self.call(&Request::get("/metrics")).await.text(), name)
    }

    /// Waits until this number of requests waits for the strategy.
    ///
    /// # Panics
    /// If it does not come within [`WAIT_MAX`].
    pub(crate) async fn wait_for_queue_length(&self, requests: u64) {
        // Real time: a paused clock does not advance while this loop runs.
        let began = Instant::now();
        loop {
            let waiting = self.metric("hotrow_queue_length").await;
            if waiting == requests {
                return;
            }
            assert!(began.elapsed() < WAIT_MAX, "{waiting} requests are waiting, not {requests}");
            task::yield_now().await;
        }
    }

    pub(crate) async fn balance(&self, user: u64) -> u64 {
        self.call(&Request::balance(user)).await.point()
    }

    /// Reads all pages of the history of `user`.
    pub(crate) async fn history(&self, user: u64) -> Vec<HistoryEntry> {
        HistoryEntry::read_all(user, async |page| self.call(&page).await).await
    }
}

/// The description of the service of `entry`.
pub(crate) fn about(entry: &Entry, policy: Policy) -> ServiceInfo {
    ServiceInfo {
        version: "0",
        strategy: entry.strategy,
        family: entry.family.to_string(),
        linearizable: entry.guarantees.linearizable,
        store: entry.store,
        latency: "none".to_owned(),
        policy,
    }
}

/// Reads one number from a page of metrics.
pub(crate) fn metric(page: &str, name: &str) -> u64 {
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {page}"))
}
