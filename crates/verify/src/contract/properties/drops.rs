//! Cancellation: a caller may drop its command at any moment, and the account stays consistent.

use std::{task::Poll, thread, time::Duration};

use crate::contract::{
    check_result::{CheckResult, accepted},
    fixture::TestCase,
    ledger_check,
    service::{charge, poll_once, spend, user},
};
use hotrow::store::FailPoint;

/// The time between two polls on a database: several of them fall into one write.
const DATABASE_STEP: Duration = Duration::from_micros(200);

/// Polls after which a command without contention has certainly ended.
const POLLS_MAX: usize = 1_000;

/// A command that is dropped between two writes could leave a balance without its ledger entry. A
/// command that is dropped while it holds the lock could leave it locked. A command is polled a
/// number of times and dropped, for every number until it ends, alone and against another command.
pub(super) async fn cancelled_command_is_at_most_once(case: TestCase) -> CheckResult {
    for alone in [true, false] {
        for polls in 0..POLLS_MAX {
            if cancel_after(case, polls, alone).await? {
                break;
            }
        }
    }
    Ok(())
}

/// Drops a command after this many polls. Returns whether it had ended by then.
async fn cancel_after(case: TestCase, polls: usize, alone: bool) -> CheckResult<bool> {
    let service = case.open();
    accepted(service.charge(user(1), 100).await)?;
    let other = (!alone).then(|| service.launch(user(1), charge(7)));
    let mut command = service.request(user(1), spend(30));
    let mut ended = false;
    for _ in 0..polls {
        ended = poll_once(&mut command).await.is_ready();
        if ended {
            break;
        }
        match service.is_on_database() {
            // The store works in threads of its own, and needs no poll.
            true => thread::sleep(DATABASE_STEP),
            false => service.let_others_run().await,
        }
    }
    drop(command);
    accepted(service.charge(user(1), 5).await)?;
    if let Some(other) = other {
        accepted(other.await.map_err(|error| format!("a caller task failed: {error}"))?)?;
    }
    if service.is_on_database() {
        service.pause_for_dropped_work().await;
    }
    let ledger = ledger_check::settled_ledger(&service, user(1)).await?;
    let applied = ledger_check::count(&ledger, spend(30));
    ensure!(
        applied <= 1,
        "a command that was dropped after {polls} polls was applied {applied} times"
    );
    ensure!(!ended || applied == 1, "an acknowledged command was not applied");
    ensure_eq!(ledger.len(), applied + 3 - usize::from(alone), "number of ledger entries");
    Ok(ended)
}

/// A cancelled waiter could block the waiters behind it, or receive the lock after it is gone.
/// While a held step keeps the lock, commands begin to wait. Some are dropped while they wait.
/// Others are dropped when the lock has been handed to one of them that does not know it yet.
pub(super) async fn cancelled_waiter_does_not_block(case: TestCase) -> CheckResult {
    if case.blocks_threads().await? {
        // A caller whose thread is blocked cannot cancel its command.
        return Ok(());
    }
    let (service, fail_points) = case.open_with_fail_points().await?;
    let gate = fail_points.hold(FailPoint::Loaded, user(1));
    let held = service.launch_held(user(1), charge(1_000));
    gate.reached().await;
    let mut waiters: Vec<_> =
        (1..=150).map(|points| Some(service.request(user(1), charge(points)))).collect();
    let mut acknowledged = Vec::new();
    for waiter in &mut waiters {
        if let Some(command) = waiter
            && let Poll::Ready(outcome) = poll_once(command).await
        {
            // A strategy without a lock does not wait.
            acknowledged.push(accepted(outcome)?.command.action);
            *waiter = None;
        }
    }
    waiters.iter_mut().step_by(3).for_each(|command| *command = None);
    gate.open();
    accepted(held.await.map_err(|error| format!("a caller task failed: {error}"))?)?;
    let remaining = waiters.split_off(140);
    drop(waiters);
    for command in remaining.into_iter().flatten() {
        acknowledged.push(accepted(command.await)?.command.action);
    }
    accepted(service.charge(user(1), 2_000).await)?;
    let ledger = ledger_check::settled_ledger(&service, user(1)).await?;
    for points in 1..=150 {
        let applied = ledger_check::count(&ledger, charge(points));
        ensure!(applied <= 1, "a charge of {points} was applied {applied} times");
    }
    for action in acknowledged {
        ensure_eq!(ledger_check::count(&ledger, action), 1, "times that {action:?} was applied");
    }
    Ok(())
}
