//! A service as a property uses it: it sends requests, starts them as tasks, and waits for others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all, poll_fn};
use tokio::{runtime::Handle, task::JoinHandle};

use super::{
    check_result::{CheckResult, read},
    execution_mode::ExecutionMode,
};
use hotrow::{
    domain::{Account, Action, Amount, Command, Failure, LedgerEntry, Outcome, UserId},
    service::DynPointService,
    store::Page,
};

/// Most yields of a wait on one thread. The longest wait of a correct strategy takes about ten
/// thousand.
const YIELDS_MAX: usize = 200_000;

/// Commands, reads and ledger reads that all services here were sent.
static OPERATIONS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of commands, reads and ledger reads that trials have sent since the program
/// began.
pub fn operations_asked() -> u64 {
    OPERATIONS.load(Ordering::Relaxed)
}

fn count() {
    OPERATIONS.fetch_add(1, Ordering::Relaxed);
}

/// A service over an empty store.
#[derive(Clone)]
pub(crate) struct Service {
    points: Arc<dyn DynPointService>,
    mode: ExecutionMode,
    /// Whether each caller has its own thread, because a command may block it.
    callers_have_threads: bool,
    /// Requests that have been polled for the first time.
    started: Arc<AtomicUsize>,
}

impl Service {
    pub(super) fn new(
        points: Arc<dyn DynPointService>,
        mode: ExecutionMode,
        callers_have_threads: bool,
    ) -> Service {
        Service { points, mode, callers_have_threads, started: Arc::default() }
    }

    /// Lets commands go on whose callers are gone. On a database, a strategy may pause before it tries
    /// again: this is longer than such a pause and the attempt.
    pub(crate) async fn pause_for_dropped_work(&self) {
        match self.is_on_database() {
            true => tokio::time::sleep(Duration::from_millis(250)).await,
            false => self.let_others_run().await,
        }
    }

    /// Whether its store is a database.
    pub(crate) fn is_on_database(&self) -> bool {
        self.mode == ExecutionMode::Wire
    }

    /// The service itself.
    pub(crate) fn points(&self) -> &dyn DynPointService {
        &*self.points
    }

    /// A command with an id. It runs only while it is polled.
    pub(crate) fn execute(&self, command: Command) -> BoxFuture<'static, Outcome> {
        count();
        let points = Arc::clone(&self.points);
        Box::pin(async move { points.execute(command).await })
    }

    pub(crate) async fn charge(&self, user: UserId, points: u64) -> Outcome {
        self.request(user, charge(points)).await
    }

    pub(crate) async fn use_points(&self, user: UserId, points: u64) -> Outcome {
        self.request(user, spend(points)).await
    }

    pub(crate) async fn balance(&self, user: UserId) -> CheckResult<Account> {
        count();
        read(self.points.balance(user).await)
    }

    pub(crate) async fn history(&self, user: UserId) -> CheckResult<Vec<LedgerEntry>> {
        self.page(user, Page::ALL).await
    }

    pub(crate) async fn page(&self, user: UserId, page: Page) -> CheckResult<Vec<LedgerEntry>> {
        count();
        read(self.points.history(user, page).await)
    }

    /// A command, which runs only while it is polled. A database may answer that it is not applied,
    /// because others kept changing the row: a client repeats it then, and so does this.
    pub(crate) fn request(&self, user: UserId, action: Action) -> BoxFuture<'static, Outcome> {
        let service = self.clone();
        Box::pin(async move {
            service.started.fetch_add(1, Ordering::Relaxed);
            loop {
                count();
                let outcome = match action {
                    Action::Charge(amount) => service.points.charge(user, amount).await,
                    Action::Use(amount) => service.points.use_points(user, amount).await,
                };
                match outcome {
                    Err(Failure::NotApplied(_)) if service.is_on_database() => {}
                    outcome => return outcome,
                }
            }
        })
    }

    /// A read. It runs only while it is polled.
    pub(crate) fn request_balance(&self, user: UserId) -> BoxFuture<'static, CheckResult> {
        let service = self.clone();
        Box::pin(async move {
            service.started.fetch_add(1, Ordering::Relaxed);
            service.balance(user).await.map(drop)
        })
    }

    /// Starts a command as a task, or on its own thread if it may block.
    pub(crate) fn launch(&self, user: UserId, action: Action) -> JoinHandle<Outcome> {
        match self.callers_have_threads {
            true => spawn_on_thread(self.request(user, action)),
            false => tokio::spawn(self.request(user, action)),
        }
    }

    /// Starts a command that a fail point is going to hold, on its own thread if that blocks it.
    pub(crate) fn launch_held(&self, user: UserId, action: Action) -> JoinHandle<Outcome> {
        self.launch_holdable(self.request(user, action))
    }

    /// Starts work that a fail point may hold, on its own thread if that blocks it.
    pub(crate) fn launch_holdable<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match self.blocks_when_held() {
            true => spawn_on_thread(work),
            false => tokio::spawn(work),
        }
    }

    /// Whether a held step blocks a thread.
    fn blocks_when_held(&self) -> bool {
        self.callers_have_threads
            || matches!(self.mode, ExecutionMode::Threads | ExecutionMode::Blockade)
    }

    /// A number of callers above the bound of every waiting list. If each caller is a thread, only
    /// the system's list is used, and fewer callers suffice.
    pub(crate) fn overflow_callers(&self) -> usize {
        if self.callers_have_threads { 300 } else { 1_500 }
    }

    /// As [`overflow_callers`](Service::overflow_callers), for callers that may all be held at
    /// once. If each of them blocks a thread, there are fewer.
    pub(crate) fn overflow_callers_held(&self) -> usize {
        if self.blocks_when_held() { 20 } else { self.overflow_callers() }
    }

    /// Runs `check` repeatedly while commands run, and once more after they have ended.
    pub(crate) async fn check_while_running(
        &self,
        launched: &[JoinHandle<Outcome>],
        mut check: impl AsyncFnMut() -> CheckResult,
    ) -> CheckResult {
        let mut yields = 0;
        loop {
            let ended = launched.iter().all(JoinHandle::is_finished);
            check().await?;
            if ended {
                return Ok(());
            }
            self.yield_within_limit(&mut yields).await?;
        }
    }

    /// Waits until this many requests have started.
    pub(crate) async fn until_started(&self, requests: usize) -> CheckResult {
        let mut yields = 0;
        while self.started.load(Ordering::Relaxed) < requests {
            // A thread starts its request as soon as the system runs it.
            match self.blocks_when_held() {
                true => self.let_others_run().await,
                false => self.yield_within_limit(&mut yields).await?,
            }
        }
        Ok(())
    }

    /// Lets other tasks run, at most [`YIELDS_MAX`] times. Paused time does not jump to the timeout
    /// of the trial while a task yields repeatedly, so this limit detects a deadlock.
    async fn yield_within_limit(&self, yields: &mut usize) -> CheckResult {
        *yields += 1;
        ensure!(
            matches!(self.mode, ExecutionMode::Threads | ExecutionMode::Wire)
                || self.callers_have_threads
                || *yields < YIELDS_MAX,
            "the trial does not end: no task makes progress"
        );
        self.let_others_run().await;
        Ok(())
    }

    /// Lets other tasks run. On a slow store it also lets time pass, because they wait for it.
    pub(crate) async fn let_others_run(&self) {
        match self.mode {
            ExecutionMode::Delays => tokio::time::sleep(Duration::from_millis(20)).await,
            ExecutionMode::FaultInjecting
            | ExecutionMode::Threads
            | ExecutionMode::Blockade
            | ExecutionMode::Wire => tokio::task::yield_now().await,
        }
    }
}

fn spawn_on_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
}

/// Waits for started commands and returns their outcomes in the order of the start.
pub(crate) async fn outcomes(launched: Vec<JoinHandle<Outcome>>) -> CheckResult<Vec<Outcome>> {
    let ended = join_all(launched).await;
    ended
        .into_iter()
        .map(|end| end.map_err(|error| format!("a caller task failed: {error}")))
        .collect()
}

/// Polls `command` once.
pub(crate) async fn poll_once(command: &mut BoxFuture<'static, Outcome>) -> Poll<Outcome> {
    poll_fn(|cx| Poll::Ready(command.as_mut().poll(cx))).await
}

/// The user with this id, which must be valid.
pub(crate) fn user(id: u64) -> UserId {
    UserId::new(id).expect("properties use valid user ids")
}

/// This many points as an amount, which must be valid.
pub(crate) fn amount(points: u64) -> Amount {
    Amount::new(points).expect("properties use valid amounts")
}

/// A charge of this many points.
pub(crate) fn charge(points: u64) -> Action {
    Action::Charge(amount(points))
}

/// A use of this many points.
pub(crate) fn spend(points: u64) -> Action {
    Action::Use(amount(points))
}
