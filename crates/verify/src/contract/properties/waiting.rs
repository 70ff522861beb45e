//! Bounded waiting: a waiter is served after a bounded number of others, however many come after
//! it.
//!
//! A test that lets its clients end cannot see starvation, because a waiter that loses to every
//! newcomer is served when no newcomer is left. Here newcomers arrive until the waiter is served:
//! one before each critical section ends. A fail point holds each critical section until its
//! newcomer has arrived. So there is always a step inside, and always a newcomer that could
//! overtake the waiter.

use std::{mem, pin::pin};

use futures_util::future::{Either, join_all, select};
use tokio::task::{JoinError, JoinHandle};

use crate::contract::{
    check_result::{CheckResult, accepted},
    fail_points::{FailPoints, Gate},
    fixture::TestCase,
    service::{Service, charge, poll_once, user},
};
use hotrow::store::FailPoint;

/// Critical sections after which a waiter counts as starved, beyond those of the waiters ahead of
/// it. An unfair lock that a timer makes fair now and then stays far below.
const SECTIONS_BEYOND_MAX: usize = 300;

/// Pauses in which the newcomer can arrive before the critical section ends.
const ARRIVAL_PAUSES: usize = 8;

/// A lock could serve newcomers before a waiter, or readers before a writer. A full waiting list
/// could admit newcomers before callers that found it full. A waiter meets a steady stream of each
/// kind, and must be served within a bound of critical sections. Readers behind a cancelled writer
/// must be served too.
pub(super) async fn waiting_is_bounded(case: TestCase) -> CheckResult {
    command_is_served_among_newcomers(case, |_service| 0).await?;
    command_is_served_among_newcomers(case, Service::overflow_callers_held).await?;
    command_is_served_among_readers(case).await?;
    readers_are_served_behind_cancelled_writer(case).await
}

/// The waiter arrives behind other callers, which may be more than the waiting list admits.
async fn command_is_served_among_newcomers(
    case: TestCase,
    callers_ahead: fn(&Service) -> usize,
) -> CheckResult {
    let (service, fail_points) = case.open_with_fail_points().await?;
    let callers_ahead = callers_ahead(&service);
    let Some(mut stream) = Stream::start(&service, &fail_points, command).await? else {
        return Ok(());
    };
    (0..callers_ahead).for_each(|_| stream.admit(command));
    stream.serve_a_waiter(command, callers_ahead + SECTIONS_BEYOND_MAX).await
}

/// The waiter needs the lock exclusively, and there is always a reader inside.
async fn command_is_served_among_readers(case: TestCase) -> CheckResult {
    let (service, fail_points) = case.open_with_fail_points().await?;
    accepted(service.charge(user(1), 1).await)?;
    let Some(stream) = Stream::start(&service, &fail_points, read).await? else { return Ok(()) };
    stream.serve_a_waiter(read, SECTIONS_BEYOND_MAX).await
}

/// A waiting writer marks the lock, so that readers stay out. A cancelled one must clear its mark.
async fn readers_are_served_behind_cancelled_writer(case: TestCase) -> CheckResult {
    if case.blocks_threads().await? {
        // A caller whose thread is blocked cannot cancel its command.
        return Ok(());
    }
    let (service, fail_points) = case.open_with_fail_points().await?;
    accepted(service.charge(user(1), 1).await)?;
    let Some(stream) = Stream::start(&service, &fail_points, read).await? else { return Ok(()) };
    let mut writer = service.request(user(1), charge(1));
    // A writer that ends at its first poll did not have to wait.
    let _ = poll_once(&mut writer).await;
    drop(writer);
    stream.end().await?;
    service.balance(user(1)).await?;
    accepted(service.charge(user(1), 1).await).map(drop)
}

/// Starts a newcomer.
type Launch = fn(&Service) -> JoinHandle<CheckResult>;

fn command(service: &Service) -> JoinHandle<CheckResult> {
    let request = service.request(user(1), charge(1));
    service.launch_holdable(async { accepted(request.await).map(drop) })
}

fn read(service: &Service) -> JoinHandle<CheckResult> {
    service.launch_holdable(service.request_balance(user(1)))
}

/// Newcomers that arrive one after another, and the gate that holds the current critical section.
struct Stream<'a> {
    service: &'a Service,
    fail_points: &'a FailPoints,
    inside: Gate,
    newcomers: Vec<JoinHandle<CheckResult>>,
    arrivals: usize,
}

impl<'a> Stream<'a> {
    /// Starts the first newcomer, which is held inside. There is no stream if it is served without
    /// a critical section.
    async fn start(
        service: &'a Service,
        fail_points: &'a FailPoints,
        first: Launch,
    ) -> CheckResult<Option<Stream<'a>>> {
        let inside = fail_points.hold(FailPoint::Loaded, user(1));
        let mut stream =
            Stream { service, fail_points, inside, newcomers: Vec::new(), arrivals: 1 };
        let mut newcomer = first(service);
        if stream.is_served_before_next_section(&mut newcomer).await? {
            return Ok(None);
        }
        stream.newcomers.push(newcomer);
        Ok(Some(stream))
    }

    fn admit(&mut self, newcomer: Launch) {
        self.newcomers.push(newcomer(self.service));
        self.arrivals += 1;
    }

    /// Starts a command that has to wait, and lets a newcomer arrive before each critical section
    /// ends.
    async fn serve_a_waiter(mut self, newcomer: Launch, sections_max: usize) -> CheckResult {
        let mut waiter = command(self.service);
        self.arrivals += 1;
        self.wait_for_arrivals().await?;
        for _ in 0..sections_max {
            let next = self.fail_points.hold(FailPoint::Loaded, user(1));
            self.admit(newcomer);
            self.wait_for_arrivals().await?;
            mem::replace(&mut self.inside, next).open();
            if self.is_served_before_next_section(&mut waiter).await? {
                return self.end().await;
            }
        }
        Err(format!(
            "a waiting command was not served during {sections_max} critical sections of others"
        ))
    }

    /// Waits until the next critical section is held. Returns whether `waiter` was served before
    /// that.
    async fn is_served_before_next_section(
        &self,
        waiter: &mut JoinHandle<CheckResult>,
    ) -> CheckResult<bool> {
        match select(waiter, pin!(self.inside.reached())).await {
            Either::Left((ended, _)) => outcome(ended).map(|()| true),
            Either::Right(_) => Ok(false),
        }
    }

    /// Waits until all started callers have sent their requests and had time to begin to wait.
    async fn wait_for_arrivals(&self) -> CheckResult {
        self.service.until_started(self.arrivals).await?;
        for _ in 0..ARRIVAL_PAUSES {
            self.service.let_others_run().await;
        }
        Ok(())
    }

    /// Ends the stream. Every newcomer has to be served.
    async fn end(self) -> CheckResult {
        self.inside.open();
        join_all(self.newcomers).await.into_iter().try_for_each(outcome)
    }
}

fn outcome(ended: Result<CheckResult, JoinError>) -> CheckResult {
    ended.map_err(|error| format!("a caller task failed: {error}"))?
}
