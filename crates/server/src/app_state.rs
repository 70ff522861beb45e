//! The state that all requests share, and the only path from a request to the strategy.
//!
//! A request acquires a permit and makes one call of [`DynPointService`]. It is answered within
//! [`Limits::answer`], or with a problem that says so. A command keeps its permit until it has
//! completed; a read releases its permit when its client disconnects.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use axum::http::HeaderValue;
use futures_util::future::poll_immediate;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    Limits, ServiceInfo,
    clock_task::ClockTask,
    concurrency_limit::{ConcurrencyLimit, Permit},
    idempotency::{Answer, Claim, IdempotencyKey, IdempotencyKeys},
    metrics::Metrics,
    problem::{Code, Problem},
    request_id::RequestIds,
    to_its_end::RunToCompletion,
};
use hotrow::{
    clock::CoarseClock,
    domain::{Action, Command, Fault, Outcome, UserId},
    service::{DynPointService, Statement},
};

/// The phases of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LifecycleState {
    Open,
    /// The server stops: commands that have begun are answered, new requests are not accepted.
    Draining,
    /// The drain time is almost over: requests that still wait are answered with a problem.
    Ending,
}

/// The state that all requests share.
pub(super) struct AppState {
    pub(super) points: Arc<dyn DynPointService>,
    pub(super) info: ServiceInfo,
    pub(super) limits: Limits,
    /// Value of the `Keep-Alive` header; none if the timeout is too short to be stated.
    pub(super) keep_alive: Option<HeaderValue>,
    pub(super) limit: ConcurrencyLimit,
    pub(super) keys: IdempotencyKeys,
    pub(super) metrics: Metrics,
    pub(super) clock_task: Arc<ClockTask>,
    pub(super) request_ids: RequestIds,
    pub(super) lifecycle: watch::Sender<LifecycleState>,
}

impl AppState {
    pub(super) fn new(
        points: Arc<dyn DynPointService>,
        clock: CoarseClock,
        info: ServiceInfo,
        limits: Limits,
    ) -> AppState {
        AppState {
            points,
            metrics: Metrics::new(&info),
            info,
            limits,
            keep_alive: keep_alive_value(limits.io_timeout),
            limit: ConcurrencyLimit::new(limits.in_flight, limits.per_account),
            keys: IdempotencyKeys::default(),
            clock_task: Arc::new(ClockTask::new(clock)),
            request_ids: RequestIds::new(),
            lifecycle: watch::Sender::new(LifecycleState::Open),
        }
    }

    /// Executes a command, or replays the answer of an earlier command with the same key.
    pub(super) async fn execute(
        self: &Arc<AppState>,
        user: UserId,
        action: Action,
        key: Option<&str>,
    ) -> Result<(Answer, Replayed), Problem> {
        let permit = self.limit.try_acquire(user)?;
        let claim = key.map(|key| self.keys.claim(user, key, action)).transpose();
        let claim = claim.map_err(|problem| problem.retry_after(self.limit.retry_after(user)))?;
        let key = match claim {
            None => None,
            Some(Claim::New(key)) => Some(key),
            Some(Claim::Known(key)) => {
                let answer = Box::pin(self.with_timeout(user, key.answer())).await?;
                self.metrics.replays.inc();
                return Ok((answer, Replayed(true)));
            }
        };
        // The first poll happens here, so commands reach the strategy in the order in which they
        // were parsed.
        self.clock_task.update();
        let id = match &key {
            Some(key) => key.operation_id(),
            None => self.points.next_id(),
        };
        let command = Command { id, user, action };
        let mut work = Arc::clone(&self.points).execute_owned(command);
        let in_flight = InFlightCommand { state: Arc::clone(self), action, key, permit };
        let answer = match poll_immediate(&mut work).await {
            Some(outcome) => in_flight.finish(outcome),
            None => {
                let (waiting, since) = (self.clock_task.start_waiting(), Instant::now());
                let rest = RunToCompletion::new(async move {
                    let outcome = work.await;
                    drop(waiting);
                    in_flight.permit.record_wait(since.elapsed());
                    in_flight.finish(outcome)
                });
                Box::pin(self.wait_with_timeout(user, rest)).await?
            }
        };
        Ok((answer, Replayed(false)))
    }

    /// Reads an account under a permit.
    ///
    /// # Errors
    /// [`Problem`] if no permit is free, the read fails, or it takes longer than
    /// [`Limits::answer`].
    pub(super) async fn read<T>(
        &self,
        user: UserId,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Problem> {
        let _permit = self.limit.try_acquire(user)?;
        Ok(self.with_timeout(user, work).await??)
    }

    /// Waits for `work` until [`Limits::answer`] has passed or the server ends.
    async fn with_timeout<T>(
        &self,
        user: UserId,
        work: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        let mut work = pin!(work);
        // Most work is ready at the first poll and needs neither a timer nor the memory for one.
        match poll_immediate(&mut work).await {
            Some(done) => Ok(done),
            None => Box::pin(self.wait_with_timeout(user, work)).await,
        }
    }

    async fn wait_with_timeout<T>(
        &self,
        user: UserId,
        work: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        let mut lifecycle = self.lifecycle.subscribe();
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = sleep(self.limits.answer) => Err(Problem::new(
                Code::TimedOut,
                "a command may still be applied: repeat it with the same Idempotency-Key",
            )
            .retry_after(self.limit.retry_after(user))),
            _ = lifecycle.wait_for(|state| *state == LifecycleState::Ending) => Err(Problem::new(
                Code::ShuttingDown,
                "a command that was waiting may or may not have been applied",
            )
            .retry_after(self.limits.drain)),
        }
    }

    /// Whether the server accepts new requests.
    pub(super) fn is_open(&self) -> bool {
        *self.lifecycle.borrow() == LifecycleState::Open
    }
}

/// A command that has begun and has not completed.
struct InFlightCommand {
    state: Arc<AppState>,
    action: Action,
    key: Option<Arc<IdempotencyKey>>,
    permit: Permit,
}

impl InFlightCommand {
    /// Counts the completed command, stores its answer under its key, and releases the permit.
    fn finish(self, outcome: Outcome) -> Answer {
        self.state.metrics.record_command(self.action, &outcome);
        let answer = outcome.map(Statement::from);
        if let Some(key) = self.key {
            self.state.keys.complete(&key, answer);
        }
        answer
    }
}

/// Whether the answer was replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replayed(pub(super) bool);

/// How much earlier than the server a client should stop reusing an idle connection: its next
/// request is then not in transit when the server closes.
const MARGIN: Duration = Duration::from_secs(1);

/// Value of the `Keep-Alive` header; none if the timeout is below one second.
fn keep_alive_value(io_timeout: Duration) -> Option<HeaderValue> {
    let secs = io_timeout.checked_sub(MARGIN)?.as_secs();
    let text = format!("timeout={secs}");
    (secs > 0).then(|| HeaderValue::try_from(text).expect("a word and digits are visible"))
}
