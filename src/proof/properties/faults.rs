//! What goes wrong in one command is known to its caller, and to nobody else.

use std::sync::Arc;

use crate::{
    domain::{Failure, Fault, UserId},
    proof::{
        books,
        found::{Found, accepted},
        plan::{FAULT, Plan},
        subject::{Case, charge, outcomes, user},
    },
    store::Point,
};

const POINTS: [Point; 4] = [Point::Loading, Point::Loaded, Point::Committing, Point::Committed];

/// A panic could end the task that serves everybody, leave a lock poisoned or a turn taken, or
/// leave its caller without an answer.
pub(super) async fn a_panic_stays_with_its_caller(case: Case) -> Found {
    for point in POINTS {
        let found = goes_wrong(case, point, Plan::panic, &[Fault::Panicked]).await;
        found.map_err(|found| format!("after a panic at {point:?}: {found}"))?;
    }
    Ok(())
}

/// A store that fails could be asked again although it had done what it was told, and it could end
/// what serves everybody. What cannot fail but by a panic may panic.
pub(super) async fn a_store_fault_stays_with_its_caller(case: Case) -> Found {
    for point in POINTS {
        let found = goes_wrong(case, point, Plan::fail, &[FAULT, Fault::Panicked]).await;
        found.map_err(|found| format!("after a fault at {point:?}: {found}"))?;
    }
    Ok(())
}

/// Lets one of ten commands go wrong at `point`.
async fn goes_wrong(
    case: Case,
    point: Point,
    goes_wrong: fn(&Plan, Point, UserId),
    faults: &[Fault],
) -> Found {
    let (subject, plan): (_, Arc<Plan>) = case.open_planned().await?;
    accepted(subject.charge(user(1), 100).await)?;
    goes_wrong(&plan, point, user(1));
    let mut launched: Vec<_> =
        (1..=10).map(|points| subject.launch(user(1), charge(points))).collect();
    launched.push(subject.launch(user(2), charge(1)));
    let outcomes = outcomes(launched).await?;
    let wrong: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.err()).collect();
    ensure_eq!(wrong.len(), 1, "callers who learn that something went wrong");
    let known = matches!(wrong[0], Failure::Unknown(fault) if faults.contains(&fault));
    ensure!(known, "its caller is told {:?}", wrong[0]);

    accepted(subject.charge(user(1), 50).await)?;
    accepted(subject.charge(user(2), 50).await)?;
    let history = books::settled(&subject, user(1)).await?;
    for (outcome, points) in outcomes[..10].iter().zip(1..) {
        let applied = books::count(&history, charge(points));
        ensure!(applied <= 1, "a charge of {points} is applied {applied} times");
        ensure!(outcome.is_err() || applied == 1, "a charge of {points} is not applied");
    }
    let before_its_commit = matches!(point, Point::Loading | Point::Loaded | Point::Committing);
    let most = if before_its_commit { 11 } else { 12 };
    ensure!(history.len() <= most, "what went wrong before its commit is applied");
    Ok(())
}
