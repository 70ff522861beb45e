//! A failure of one command is reported to its caller and affects no other command.

use std::sync::Arc;

use crate::contract::{
    check_result::{CheckResult, accepted},
    fail_points::{ERROR, FailPoints},
    fixture::TestCase,
    ledger_check,
    service::{charge, outcomes, user},
};
use hotrow::{
    domain::{Failure, Fault, UserId},
    store::FailPoint,
};

const POINTS: [FailPoint; 4] =
    [FailPoint::Loading, FailPoint::Loaded, FailPoint::Committing, FailPoint::Committed];

/// A panic could end the task that serves all commands, poison a lock or leave it locked, or leave
/// its caller without an answer.
pub(super) async fn panic_is_isolated(case: TestCase) -> CheckResult {
    for point in POINTS {
        let result = inject_fault(case, point, FailPoints::panic, is_panic).await;
        result.map_err(|violation| format!("after a panic at {point:?}: {violation}"))?;
    }
    Ok(())
}

/// A strategy could retry after an error although the store had done its work, or answer that the
/// command is not applied. An error could also end the task that serves all commands. A call that
/// cannot return an error may panic instead.
pub(super) async fn store_fault_is_isolated(case: TestCase) -> CheckResult {
    for point in POINTS {
        let result = inject_fault(case, point, FailPoints::fail, is_error).await;
        result.map_err(|violation| format!("after an error at {point:?}: {violation}"))?;
    }
    Ok(())
}

fn is_panic(failure: &Failure) -> bool {
    *failure == Failure::Indeterminate(Fault::Panicked)
}

fn is_error(failure: &Failure) -> bool {
    let error_or_panic = [Fault::Store(ERROR), Fault::Panicked].map(Failure::Indeterminate);
    *failure == Failure::NotApplied(ERROR) || error_or_panic.contains(failure)
}

/// Injects a fault at `point` into one of ten commands.
async fn inject_fault(
    case: TestCase,
    point: FailPoint,
    inject: fn(&FailPoints, FailPoint, UserId),
    is_injected: fn(&Failure) -> bool,
) -> CheckResult {
    let (service, fail_points): (_, Arc<FailPoints>) = case.open_with_fail_points().await?;
    accepted(service.charge(user(1), 100).await)?;
    inject(&fail_points, point, user(1));
    let mut launched: Vec<_> =
        (1..=10).map(|points| service.launch(user(1), charge(points))).collect();
    launched.push(service.launch(user(2), charge(1)));
    let outcomes = outcomes(launched).await?;
    let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.err()).collect();
    ensure_eq!(failures.len(), 1, "callers that received a failure");
    ensure!(is_injected(&failures[0]), "the caller received {:?}", failures[0]);

    accepted(service.charge(user(1), 50).await)?;
    accepted(service.charge(user(2), 50).await)?;
    let ledger = ledger_check::settled_ledger(&service, user(1)).await?;
    for (outcome, points) in outcomes[..10].iter().zip(1..) {
        let applied = ledger_check::count(&ledger, charge(points));
        ensure!(applied <= 1, "a charge of {points} was applied {applied} times");
        ensure!(
            outcome.is_err() || applied == 1,
            "an acknowledged charge of {points} was not applied"
        );
        ensure!(
            applied == 0 || !matches!(outcome, Err(Failure::NotApplied(_))),
            "a charge of {points} that was answered as not applied is in the ledger"
        );
    }
    let is_before_commit =
        matches!(point, FailPoint::Loading | FailPoint::Loaded | FailPoint::Committing);
    let entries_max = if is_before_commit { 11 } else { 12 };
    ensure!(ledger.len() <= entries_max, "a command that failed before its commit was applied");
    Ok(())
}
