//! More requests than the limits allow, and longer waits than the time limit allows.

use hotrow::store::FailPoint;
use hotrow_registry::Entry;
use hotrow_server::Limits;

use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    app::{App, ExecutionMode},
    ask::Request,
};

/// Without limits, requests for one account could block the others, and requests for all accounts
/// could wait for ever; a permit that is not released is lost for good. Two requests of one account
/// and four in all are held in the middle of their steps. One more is rejected, another account
/// is served while there are permits, and after the release all requests are served again.
pub(crate) fn requests_past_the_limits_are_rejected_and_permits_released(
    entry: &Entry,
) -> CheckResult {
    let mode = ExecutionMode::for_holds(entry);
    mode.run(async {
        let limits = Limits { per_account: 2, in_flight: 4, ..Limits::default() };
        let (app, faults) = App::with_faults(entry, mode, limits);
        for repetition in 0..3 {
            let gates = [1, 2].map(|user| faults.hold(user, FailPoint::Loaded));
            let mut pending =
                vec![app.spawn_call(Request::charge(1, 1)), app.spawn_call(Request::charge(1, 2))];
            app.wait_for_queue_length(2).await;
            for request in
                [Request::charge(1, 3), Request::balance(1), Request::get("/point/1/histories")]
            {
                // In another task: a request that is wrongly admitted would be held as well.
                let answer = app.spawn_call(request.key(format!("{repetition}"))).await;
                answer.map_err(|error| error.to_string())?.check_problem(503, "overloaded")?;
            }
            let other = app.call(&Request::charge(3, 1)).await;
            ensure(other.is_ok(), || format!("another account: {}", other.describe()))?;

            pending.extend([
                app.spawn_call(Request::charge(2, 1)),
                app.spawn_call(Request::use_points(2, 900_000)),
            ]);
            app.wait_for_queue_length(4).await;
            let fifth = app.call(&Request::charge(3, 1)).await;
            fifth.check_problem(503, "overloaded")?;
            let health = app.call(&Request::get("/healthz")).await;
            ensure(health.is_ok(), || format!("health: {}", health.describe()))?;

            gates.into_iter().for_each(crate::interference::HoldGuard::open);
            faults.clear_holds();
            for (place, pending) in pending.into_iter().enumerate() {
                let answer = pending.await.map_err(|error| error.to_string())?;
                let expected = if place == 3 { 409 } else { 200 };
                ensure(answer.status == expected, || {
                    format!("pending request: {}", answer.describe())
                })?;
            }
            app.wait_for_queue_length(0).await;
            for user in 1..=3 {
                // The key of a rejected request was not stored.
                let answer = app.call(&Request::charge(user, 7).key(format!("{repetition}"))).await;
                let is_new = answer.is_ok() && !answer.is_replayed();
                ensure(is_new, || format!("after the release: {}", answer.describe()))?;
            }
        }
        Ok(())
    })
}

/// A request that waits too long could wait for ever, or be answered that nothing was done. Its
/// command could be lost, or be applied again when the client repeats it. Time passes the limit
/// while the command is held: the client gets a problem, the command is applied once after the
/// release, and its key gives the answer.
pub(crate) fn a_timed_out_command_is_applied_once_and_replayed(entry: &Entry) -> CheckResult {
    let mode = ExecutionMode::for_holds(entry);
    if mode == ExecutionMode::Threads {
        // A blocking step is answered only after it has ended, so it cannot time out.
        return Ok(());
    }
    mode.run(async {
        let (app, faults) = App::with_faults(entry, mode, Limits::default());
        let mut log = CommandLog::default();
        log.record(100, CommandResult::from_answer(&app.call(&Request::charge(1, 100)).await));
        let gate = faults.hold(1, FailPoint::Committing);
        let began = tokio::time::Instant::now();
        let request = Request::charge(1, 5).key("a");
        for _ in 0..2 {
            // The second request waits for the first, and no longer than the time limit.
            app.call(&request).await.check_problem(503, "timed-out")?;
        }
        let waited = began.elapsed();
        let limit = Limits::default().answer * 2;
        let in_time = limit <= waited && waited.as_secs() <= limit.as_secs() + 1;
        ensure(in_time, || format!("two requests waited for {waited:?}"))?;
        let waiting = app.metric("hotrow_queue_length").await;
        ensure(waiting == 1, || format!("one command holds {waiting} permits"))?;
        gate.open();
        let again = app.call(&request).await;
        ensure(again.is_ok() && again.is_replayed(), || {
            format!("after the release: {}", again.describe())
        })?;
        log.record(5, CommandResult::from_answer(&again));
        app.wait_for_queue_length(0).await;
        log.check_account(1, app.balance(1).await, &app.history(1).await)
    })
}
