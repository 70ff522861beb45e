//! Commands that are repeated with their idempotency key.

use hotrow::store::FailPoint;
use hotrow_registry::Entry;
use hotrow_server::Limits;

use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    answer::Answer,
    app::{App, ExecutionMode},
    ask::Request,
};

/// A repetition during the first command could be applied too, or get a different answer. The first
/// command is held in the middle of its step. The repetition waits and gets the same answer.
/// Another command with the same key is rejected, and the same key of another user is a different
/// key.
pub(crate) fn a_repetition_waits_for_the_first(entry: &Entry) -> CheckResult {
    let mode = ExecutionMode::for_holds(entry);
    mode.run(async {
        let (app, faults) = App::with_faults(entry, mode, Limits::default());
        let mut log = CommandLog::default();
        log.record(100, CommandResult::from_answer(&app.call(&Request::charge(1, 100)).await));
        let gate = faults.hold(1, FailPoint::Loaded);
        let request = Request::charge(1, 5).key("a");
        let first = app.spawn_call(request.clone());
        app.wait_for_queue_length(1).await;
        let others = [
            app.spawn_call(Request::change("/point/1/charge", " 5 ").key("a")),
            app.spawn_call(request.clone()),
        ];
        app.wait_for_queue_length(3).await;

        for other in [Request::charge(1, 6), Request::use_points(1, 5)] {
            // In another task: a command that is wrongly admitted would be held as well.
            let answer = app.spawn_call(other.key("a")).await;
            answer
                .map_err(|error| error.to_string())?
                .check_problem(422, "idempotency-key-reused")?;
        }
        let other_user = app.call(&Request::charge(2, 6).key("a")).await;
        let is_new = other_user.is_ok() && !other_user.is_replayed() && other_user.point() == 6;
        ensure(is_new, || format!("the key of another user: {}", other_user.describe()))?;
        let waited = others.iter().all(|other| !other.is_finished()) && !first.is_finished();
        ensure(waited, || "a request was answered before the command completed".to_owned())?;

        gate.open();
        let first = first.await.map_err(|error| error.to_string())?;
        ensure(first.is_ok() && !first.is_replayed(), || first.describe())?;
        log.record(5, CommandResult::from_answer(&first));
        for other in others {
            let other = other.await.map_err(|error| error.to_string())?;
            is_repetition(&first, &other)?;
        }
        is_repetition(&first, &app.call(&request).await)?;
        log.check_account(1, app.balance(1).await, &app.history(1).await)
    })
}

/// A client that disconnects could interrupt its command and leave a key without an answer. The
/// command is held in the middle of its step while its request is dropped. It is applied once,
/// keeps its permit until it has completed, and a repetition gets its answer. A command without a
/// key is applied too.
pub(crate) fn a_disconnected_client_finds_its_answer_later(entry: &Entry) -> CheckResult {
    let mode = ExecutionMode::for_holds(entry);
    if mode == ExecutionMode::Threads {
        // A caller whose thread is blocked cannot be cancelled.
        return Ok(());
    }
    mode.run(async {
        let (app, faults) = App::with_faults(entry, mode, Limits::default());
        let mut log = CommandLog::default();
        log.record(100, CommandResult::from_answer(&app.call(&Request::charge(1, 100)).await));
        for (request, change) in
            [(Request::charge(1, 5).key("a"), 5), (Request::use_points(1, 7), -7)]
        {
            let gate = faults.hold(1, FailPoint::Loaded);
            let caller = app.spawn_call(request.clone());
            app.wait_for_queue_length(1).await;
            caller.abort();
            let gone = caller.await;
            ensure(gone.is_err(), || "the request completed before it was dropped".to_owned())?;
            let waiting = app.metric("hotrow_queue_length").await;
            ensure(waiting == 1, || format!("one command holds {waiting} permits"))?;
            gate.open();
            faults.clear_holds();
            if request.headers.len() > 1 {
                let again = app.call(&request).await;
                let has_answer = again.is_ok() && again.is_replayed();
                ensure(has_answer, || format!("the repetition: {}", again.describe()))?;
                log.record(change, CommandResult::from_answer(&again));
            } else {
                log.record(change, CommandResult::Indeterminate);
            }
            app.wait_for_queue_length(0).await;
            let entries = app.history(1).await;
            ensure(entries.last().is_some_and(|entry| entry.change == change), || {
                format!("{change} is not applied: {entries:?}")
            })?;
        }
        log.check_account(1, app.balance(1).await, &app.history(1).await)
    })
}

/// A rejection without a stored answer would be decided again, and the same command would get two
/// different answers.
pub(crate) fn a_rejection_is_replayed(entry: &Entry) -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(entry);
        let mut log = CommandLog::default();
        log.record(100, CommandResult::from_answer(&app.call(&Request::charge(1, 100)).await));
        let request = Request::use_points(1, 500).key("a");
        let rejected = app.call(&request).await;
        rejected.check_problem(409, "insufficient-balance")?;
        log.record(-500, CommandResult::from_answer(&rejected));
        log.record(1_000, CommandResult::from_answer(&app.call(&Request::charge(1, 1_000)).await));
        is_repetition(&rejected, &app.call(&request).await)?;
        log.check_account(1, app.balance(1).await, &app.history(1).await)
    })
}

/// Checks that `again` is the replay of `first`.
fn is_repetition(first: &Answer, again: &Answer) -> CheckResult {
    let same = (first.status, &first.body) == (again.status, &again.body) && again.is_replayed();
    ensure(same, || format!("{} is repeated as {}", first.describe(), again.describe()))
}
