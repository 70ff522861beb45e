//! A caller may go away at any moment, and leaves everything whole.

use std::task::Poll;

use crate::{
    proof::{
        books,
        found::{Found, accepted},
        subject::{Case, charge, poll_once, spend, user},
    },
    store::Point,
};

/// Polls after which a command that is alone is done for certain.
const POLLS_MAX: usize = 1_000;

/// A command that is dropped between two writes could leave a balance without its line, and one
/// that is dropped with the turn in its hands could take it along. It is polled so many times and
/// dropped, for every number until it is done, alone and against another.
pub(super) async fn a_dropped_command_is_applied_once_or_not(case: Case) -> Found {
    for alone in [true, false] {
        for polls in 0..POLLS_MAX {
            if dropped_after(case, polls, alone).await? {
                break;
            }
        }
    }
    Ok(())
}

/// Drops a command after so many polls, and says whether it was done by then.
async fn dropped_after(case: Case, polls: usize, alone: bool) -> Found<bool> {
    let subject = case.open();
    accepted(subject.charge(user(1), 100).await)?;
    let other = (!alone).then(|| subject.launch(user(1), charge(7)));
    let mut command = subject.ask(user(1), spend(30));
    let mut done = false;
    for _ in 0..polls {
        done = poll_once(&mut command).await.is_ready();
        if done {
            break;
        }
        subject.step_aside().await;
    }
    drop(command);
    accepted(subject.charge(user(1), 5).await)?;
    if let Some(other) = other {
        accepted(other.await.map_err(|error| format!("a caller died: {error}"))?)?;
    }
    let history = books::settled(&subject, user(1)).await?;
    let applied = books::count(&history, spend(30));
    ensure!(
        applied <= 1,
        "a command that was dropped after {polls} polls is applied {applied} times"
    );
    ensure!(!done || applied == 1, "a command that was answered is not applied");
    ensure_eq!(history.len(), applied + 3 - usize::from(alone), "entries beside the dropped one");
    Ok(done)
}

/// Whoever leaves a line could leave a hole in it: those behind wait for one who is gone, or the
/// turn is handed to nobody. With the turn held a line forms; some leave it while they wait, and
/// others when the turn has come to one of them and it has not noticed.
pub(super) async fn who_leaves_the_line_holds_up_nobody(case: Case) -> Found {
    if case.blocks_threads().await? {
        // A caller whose thread is blocked cannot leave.
        return Ok(());
    }
    let (subject, plan) = case.open_planned().await?;
    let gate = plan.hold(Point::Loaded, user(1));
    let held = subject.launch_held(user(1), charge(1_000));
    gate.reached().await;
    let mut line: Vec<_> =
        (1..=150).map(|points| Some(subject.ask(user(1), charge(points)))).collect();
    let mut stayed = Vec::new();
    for place in &mut line {
        if let Some(command) = place
            && let Poll::Ready(outcome) = poll_once(command).await
        {
            // Where nobody waits for a turn there is no line.
            stayed.push(accepted(outcome)?.command.action);
            *place = None;
        }
    }
    line.iter_mut().step_by(3).for_each(|command| *command = None);
    gate.open();
    accepted(held.await.map_err(|error| format!("a caller died: {error}"))?)?;
    let stay = line.split_off(140);
    drop(line);
    for command in stay.into_iter().flatten() {
        stayed.push(accepted(command.await)?.command.action);
    }
    accepted(subject.charge(user(1), 2_000).await)?;
    let history = books::settled(&subject, user(1)).await?;
    for points in 1..=150 {
        let applied = books::count(&history, charge(points));
        ensure!(applied <= 1, "a charge of {points} is applied {applied} times");
    }
    for action in stayed {
        ensure_eq!(books::count(&history, action), 1, "times that {action:?} is applied");
    }
    Ok(())
}
