//! A panic affects only its own request, and its message stays in the log.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hotrow::{
    domain::{Account, Amount, Command, Fault, LedgerEntry, OperationId, Outcome, Policy, UserId},
    service::{DynPointService, Statement},
    store::{FailPoint, Page},
};
use hotrow_registry::Entry;
use hotrow_server::Limits;

use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    answer::Answer,
    app::{App, ExecutionMode},
    ask::Request,
    interference::PANIC_MESSAGE,
};

/// A panic in a step could end the connection, keep a lock, stop an actor, be answered as if
/// nothing had been done, or disclose source code. A panic is injected at every point of a step.
/// The command is answered as indeterminate, and so is a repetition with its key. The next request
/// is served, and the account is consistent.
pub(crate) fn a_panic_in_a_command_makes_it_indeterminate(entry: &Entry) -> CheckResult {
    for point in
        [FailPoint::Loading, FailPoint::Loaded, FailPoint::Committing, FailPoint::Committed]
    {
        ExecutionMode::Paused
            .run(panics_at(entry, point))
            .map_err(|found| format!("after a panic at {point:?}: {found}"))?;
    }
    Ok(())
}

async fn panics_at(entry: &Entry, point: FailPoint) -> CheckResult {
    let (app, faults) = App::with_faults(entry, ExecutionMode::Paused, Limits::default());
    let mut log = CommandLog::default();
    log.record(100, CommandResult::from_answer(&app.call(&Request::charge(1, 100)).await));

    faults.panic(1, point);
    let request = Request::charge(1, 5).key("a");
    let answer = app.call(&request).await;
    ensure(!faults.clear_panics(), || "no step panicked".to_owned())?;
    answer.check_problem(500, "outcome-unknown")?;
    hides_panic_message(&answer)?;
    log.record(5, CommandResult::from_answer(&answer));
    let again = app.call(&request).await;
    let same = again.is_replayed() && again.body == answer.body;
    ensure(same, || format!("the repetition: {}", again.describe()))?;

    log.record(7, CommandResult::from_answer(&app.call(&Request::charge(1, 7)).await));
    ensure(log.is_applied(7), || "the next command is not applied".to_owned())?;
    let entries = app.history(1).await;
    log.check_account(1, app.balance(1).await, &entries)?;
    let is_there = entries.iter().any(|entry| entry.change == 5);
    let was_written = point == FailPoint::Committed;
    ensure(is_there == was_written, || format!("the command that panicked: {entries:?}"))
}

/// A read that panics changes nothing and is answered with an internal error. Where a read passes
/// no fail point, it is answered.
pub(crate) fn a_panic_in_a_read_is_an_internal_error(entry: &Entry) -> CheckResult {
    ExecutionMode::Paused.run(async {
        let (app, faults) = App::with_faults(entry, ExecutionMode::Paused, Limits::default());
        check_ok(&app.call(&Request::charge(1, 100)).await)?;
        for point in [FailPoint::Loading, FailPoint::Loaded] {
            faults.panic(1, point);
            let answer = app.call(&Request::balance(1)).await;
            match faults.clear_panics() {
                true => check_ok(&answer)?,
                false => answer.check_problem(500, "internal")?,
            }
            hides_panic_message(&answer)?;
            let next = app.call(&Request::balance(1)).await;
            ensure(next.is_ok() && next.point() == 100, || next.describe())?;
        }
        Ok(())
    })
}

/// A panic outside the strategy could end the connection without an answer.
pub(crate) fn a_panic_outside_the_strategy_is_answered() -> CheckResult {
    ExecutionMode::Paused.run(async {
        let entry = hotrow_registry::entries().next().ok_or("there is no entry")?;
        let app = App::from_service(Arc::new(Broken), entry, Policy::default(), Limits::default());
        for request in [Request::balance(1), Request::get("/point/1/histories")] {
            let answer = app.call(&request).await;
            answer.check_problem(500, "internal")?;
            hides_panic_message(&answer)?;
        }
        ensure(app.call(&Request::get("/healthz")).await.is_ok(), || {
            "the health check failed".to_owned()
        })?;
        let waiting = app.metric("hotrow_queue_length").await;
        ensure(waiting == 0, || format!("{waiting} permits are not released"))
    })
}

fn check_ok(answer: &Answer) -> CheckResult {
    ensure(answer.is_ok(), || answer.describe())
}

fn hides_panic_message(answer: &Answer) -> CheckResult {
    let text = format!("{:?}{}", answer.headers, answer.text());
    ensure(!text.contains(PANIC_MESSAGE), || format!("the panic message is sent: {text}"))
}

/// A point service whose every call panics.
struct Broken;

fn panic_now() -> ! {
    std::panic::resume_unwind(Box::new(PANIC_MESSAGE))
}

impl DynPointService for Broken {
    fn balance(&self, _: UserId) -> BoxFuture<'_, Result<Account, Fault>> {
        panic_now()
    }

    fn history(&self, _: UserId, _: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>> {
        panic_now()
    }

    fn charge(&self, _: UserId, _: Amount) -> BoxFuture<'_, Outcome> {
        panic_now()
    }

    fn use_points(&self, _: UserId, _: Amount) -> BoxFuture<'_, Outcome> {
        panic_now()
    }

    fn next_id(&self) -> OperationId {
        panic_now()
    }

    fn execute(&self, _: Command) -> BoxFuture<'_, Outcome> {
        panic_now()
    }

    fn statement(&self, _: UserId) -> BoxFuture<'_, Result<Statement, Fault>> {
        panic_now()
    }

    fn execute_owned(self: Arc<Self>, _: Command) -> BoxFuture<'static, Outcome> {
        panic_now()
    }
}
