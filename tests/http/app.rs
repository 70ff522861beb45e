//! A service in this process, and how it is asked.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use hotrow::{
    clock::Tick,
    database::Latency,
    domain::Policy,
    http::{About, Limits, Server},
    registry::Entry,
    service::Points,
    store::{Script, Setup},
};
use tokio::{
    runtime::{Builder, Handle},
    task::{self, JoinHandle},
    time::timeout,
};
use tower::ServiceExt;

use crate::{answer::Answer, ask::Ask, books::Line, interference::Plan};

/// Longest that a trial may take by the clock. The longest takes a few seconds.
const TRIAL_MAX: Duration = Duration::from_secs(30);

/// Longest that requests may take to come to where they wait.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Longest that a trial may take by a paused clock, which jumps there where nothing moves any more.
const PAUSED_MAX: Duration = Duration::from_hours(24);

/// More than the cores of a small machine, so that some are always preempted.
const WORKERS: usize = 4;

/// How time passes, and who runs tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// One thread, and a clock that jumps to the next thing to happen.
    Paused,
    /// Several threads, and the clock on the wall.
    Threads,
}

impl Stage {
    /// Where steps of `entry` can be held while others come. Where a step that is held blocks its thread,
    /// each caller needs one.
    pub(crate) fn of_holds(entry: &Entry) -> Stage {
        let (plan, policy) = (Arc::new(Plan::default()), Policy::default());
        let script: Arc<dyn Script> = Arc::clone(&plan) as _;
        let points = (entry.open_suspending)(&Setup::default(), policy, script);
        let app = App::over(points, entry, policy, Limits::default());
        Stage::Paused.run(app.ask(&Ask::charge(1, 1)));
        if plan.met_a_thread() { Stage::Threads } else { Stage::Paused }
    }

    /// Plays `play` to its end.
    ///
    /// # Panics
    /// If it comes to none.
    pub(crate) fn run<T>(self, play: impl Future<Output = T>) -> T {
        let mut builder = match self {
            Stage::Paused => Builder::new_current_thread(),
            Stage::Threads => Builder::new_multi_thread(),
        };
        let most = match self {
            Stage::Paused => {
                builder.start_paused(true);
                PAUSED_MAX
            }
            Stage::Threads => {
                builder.worker_threads(WORKERS);
                TRIAL_MAX
            }
        };
        let runtime = builder.enable_all().build().expect("a runtime needs only threads");
        let ended = runtime.block_on(async { timeout(most, play).await });
        // A thread that hangs is left behind.
        runtime.shutdown_background();
        ended.expect("nothing moves any more, and it is not over")
    }
}

/// A service that nobody has to connect to.
#[derive(Clone)]
pub(crate) struct App {
    router: Router,
    /// Whether each caller has a thread of its own, because it may be blocked.
    callers_are_threads: bool,
}

impl App {
    /// The service of `entry` as it is served.
    pub(crate) fn open(entry: &Entry) -> App {
        App::with(entry, &Setup::default(), Policy::default())
    }

    pub(crate) fn with(entry: &Entry, setup: &Setup, policy: Policy) -> App {
        App::over((entry.open)(setup, policy), entry, policy, Limits::default())
    }

    /// The service of `entry` on a store whose calls take time.
    pub(crate) fn slow(entry: &Entry, latency: Latency, policy: Policy, limits: Limits) -> App {
        let setup = Setup { latency, ..Setup::default() };
        App::over((entry.open)(&setup, policy), entry, policy, limits)
    }

    /// A service whose steps can be interfered with, on the stage that suits it.
    pub(crate) fn planned(entry: &Entry, stage: Stage, limits: Limits) -> (App, Arc<Plan>) {
        let (plan, policy) = (Arc::new(Plan::default()), Policy::default());
        let script: Arc<dyn Script> = Arc::clone(&plan) as _;
        let points = (entry.open_suspending)(&Setup::default(), policy, script);
        let callers_are_threads = stage == Stage::Threads;
        (App { callers_are_threads, ..App::over(points, entry, policy, limits) }, plan)
    }

    pub(crate) fn over(
        points: Arc<dyn Points>,
        entry: &Entry,
        policy: Policy,
        limits: Limits,
    ) -> App {
        // What tells the store the time is whoever opened it, so that times are the same every time.
        let server = Server::new(points, Tick::default(), about(entry, policy), limits);
        App { router: server.router(), callers_are_threads: false }
    }

    /// A service of which there is nothing but its router.
    pub(crate) fn of_router(router: Router) -> App {
        App { router, callers_are_threads: false }
    }

    pub(crate) async fn ask(&self, ask: &Ask) -> Answer {
        match self.router.clone().oneshot(ask.request()).await {
            Ok(response) => Answer::of(response).await,
            Err(never) => match never {},
        }
    }

    /// Asks while others do.
    pub(crate) fn launch(&self, ask: Ask) -> JoinHandle<Answer> {
        let app = self.clone();
        let answer = async move { app.ask(&ask).await };
        match self.callers_are_threads {
            false => task::spawn(answer),
            true => {
                let handle = Handle::current();
                task::spawn_blocking(move || handle.block_on(answer))
            }
        }
    }

    /// What `/metrics` says of `name`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        metric(&self.ask(&Ask::get("/metrics")).await.text(), name)
    }

    /// Waits until so many requests wait for the strategy.
    ///
    /// # Panics
    /// If that does not come to be.
    pub(crate) async fn until_waiting(&self, requests: u64) {
        // By the clock on the wall: where time is paused, it stands still while somebody looks.
        let began = Instant::now();
        loop {
            let waiting = self.metric("hotrow_queue_length").await;
            if waiting == requests {
                return;
            }
            assert!(began.elapsed() < WAIT_MAX, "{waiting} requests wait, and not {requests}");
            task::yield_now().await;
        }
    }

    pub(crate) async fn balance(&self, user: u64) -> u64 {
        self.ask(&Ask::balance(user)).await.point()
    }

    /// The whole history of `user`, page after page.
    pub(crate) async fn history(&self, user: u64) -> Vec<Line> {
        Line::of_all_pages(user, async |page| self.ask(&page).await).await
    }
}

/// What `entry` is served as.
pub(crate) fn about(entry: &Entry, policy: Policy) -> About {
    About {
        version: "0",
        strategy: entry.strategy,
        family: entry.family.to_string(),
        sound: entry.promises.sound,
        store: entry.store,
        latency: "none".to_owned(),
        policy,
    }
}

/// Reads one number of a page of metrics.
pub(crate) fn metric(page: &str, name: &str) -> u64 {
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {page}"))
}
