//! Progress and order: which commands may wait for which, and in which order they are decided.

use futures_util::future::join_all;

use crate::contract::{
    check_result::{CheckResult, accepted, rejected},
    fixture::TestCase,
    ledger_check,
    service::{charge, outcomes, poll_once, spend, user},
};
use hotrow::store::FailPoint;

/// So many users that some share a lock or a worker if there are fewer of these than users.
const USERS: u64 = 300;

/// With one lock for all users, or a worker that several users share, one slow step delays other
/// users. While a step of one user is held in its middle, every other user has to be served.
pub(super) async fn no_cross_user_blocking(case: TestCase) -> CheckResult {
    for point in [FailPoint::Loaded, FailPoint::Committing] {
        let (service, fail_points) = case.open_with_fail_points().await?;
        let gate = fail_points.hold(point, user(1));
        let held = service.launch_held(user(1), charge(1));
        gate.reached().await;
        for user in (2..=USERS).map(user) {
            let receipt =
                accepted(service.launch(user, charge(2)).await.map_err(|e| e.to_string())?)?;
            ensure_eq!(service.balance(user).await?, receipt.after, "account of user {user}");
        }
        gate.open();
        accepted(held.await.map_err(|error| error.to_string())?)?;
    }
    Ok(())
}

/// A strategy could serve the newest waiter first, or let newcomers overtake waiters. While a held
/// step keeps the lock, commands arrive one by one. The ledger must list them in this order.
pub(super) async fn fifo_per_user(case: TestCase) -> CheckResult {
    let (service, fail_points) = case.open_with_fail_points().await?;
    let gate = fail_points.hold(FailPoint::Loaded, user(1));
    let held = service.launch_held(user(1), charge(1_000));
    gate.reached().await;
    let mut waiters: Vec<_> =
        (1..=200).map(|points| service.request(user(1), charge(points))).collect();
    for command in &mut waiters {
        ensure!(
            poll_once(command).await.is_pending(),
            "a command was served while a step was held"
        );
    }
    gate.open();
    let mut outcomes = vec![held.await.map_err(|error| error.to_string())?];
    outcomes.extend(join_all(waiters).await);
    let receipts = ledger_check::receipts(&outcomes);
    let versions: Vec<u64> = receipts.iter().map(|receipt| receipt.after.version).collect();
    ensure!(versions.is_sorted(), "in the order of arrival, commands have versions {versions:?}");
    Ok(())
}

/// A strategy with a bound on waiting commands could drop commands beyond it, or never admit them.
/// While a held step keeps the lock, more commands arrive than any bound. All have to be served
/// after the step ends.
pub(super) async fn queue_overflow_is_served(case: TestCase) -> CheckResult {
    let (service, fail_points) = case.open_with_fail_points().await?;
    let gate = fail_points.hold(FailPoint::Loaded, user(1));
    let mut launched = vec![service.launch_held(user(1), charge(1))];
    gate.reached().await;
    let callers = service.overflow_callers();
    launched.extend((0..callers).map(|_| service.launch(user(1), charge(1))));
    service.until_started(callers + 1).await?;
    gate.open();
    let outcomes = outcomes(launched).await?;
    let receipts = ledger_check::receipts(&outcomes);
    ensure_eq!(receipts.len(), callers + 1, "commands that were served");
    ledger_check::agree(&service, user(1), &receipts).await
}

/// A worker could stop when no command waits, or after an error, and never start again.
pub(super) async fn idle_user_is_served_again(case: TestCase) -> CheckResult {
    let service = case.open();
    for cycle in 1..=3 {
        let launched = (0..20).map(|_| service.launch(user(1), charge(1)));
        outcomes(launched.collect()).await?;
        rejected(service.use_points(user(1), 1_000).await)?;
        for _ in 0..100 {
            service.let_others_run().await;
        }
        rejected(service.request(user(1), spend(1_000)).await)?;
        accepted(service.charge(user(1), 1).await)?;
        ensure_eq!(service.balance(user(1)).await?.balance, cycle * 21, "balance in cycle {cycle}");
    }
    Ok(())
}
