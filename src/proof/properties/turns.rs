//! Who waits for whom, in which order, and that nobody waits for ever.

use futures_util::future::join_all;

use crate::{
    proof::{
        books,
        found::{Found, accepted, rejected},
        subject::{Case, charge, outcomes, poll_once, spend, user},
    },
    store::Point,
};

/// Users of whom some would meet in one place if there were fewer places than users.
const USERS: u64 = 300;

/// A lock for all users, or a worker that several share, lets one slow step delay strangers. With
/// a step of one user held in its middle, every other user has to be served.
pub(super) async fn users_do_not_wait_for_each_other(case: Case) -> Found {
    for point in [Point::Loaded, Point::Committing] {
        let (subject, plan) = case.open_planned().await?;
        let gate = plan.hold(point, user(1));
        let held = subject.launch_held(user(1), charge(1));
        gate.reached().await;
        for user in (2..=USERS).map(user) {
            let receipt =
                accepted(subject.launch(user, charge(2)).await.map_err(|e| e.to_string())?)?;
            ensure_eq!(subject.balance(user).await?, receipt.after, "account of user {user}");
        }
        gate.open();
        accepted(held.await.map_err(|error| error.to_string())?)?;
    }
    Ok(())
}

/// A line could be served from its end, or let those who come in time go before those who wait.
/// With the turn held, callers come one by one; the ledger must list them as they came.
pub(super) async fn first_come_first_served(case: Case) -> Found {
    let (subject, plan) = case.open_planned().await?;
    let gate = plan.hold(Point::Loaded, user(1));
    let held = subject.launch_held(user(1), charge(1_000));
    gate.reached().await;
    let mut line: Vec<_> = (1..=200).map(|points| subject.ask(user(1), charge(points))).collect();
    for command in &mut line {
        ensure!(poll_once(command).await.is_pending(), "somebody is served while the turn is held");
    }
    gate.open();
    let mut outcomes = vec![held.await.map_err(|error| error.to_string())?];
    outcomes.extend(join_all(line).await);
    let receipts = books::receipts(&outcomes);
    let places: Vec<u64> = receipts.iter().map(|receipt| receipt.after.version).collect();
    ensure!(places.is_sorted(), "who came first is not served first: they have places {places:?}");
    Ok(())
}

/// What has a bound could drop whoever comes past it, or forget to let them in. With the turn held,
/// more come than any line holds; all have to be served once it is given back.
pub(super) async fn a_crowd_past_the_bound_is_served(case: Case) -> Found {
    let (subject, plan) = case.open_planned().await?;
    let gate = plan.hold(Point::Loaded, user(1));
    let mut launched = vec![subject.launch_held(user(1), charge(1))];
    gate.reached().await;
    let crowd = subject.crowd();
    launched.extend((0..crowd).map(|_| subject.launch(user(1), charge(1))));
    subject.until_asked(crowd + 1).await?;
    gate.open();
    let outcomes = outcomes(launched).await?;
    let receipts = books::receipts(&outcomes);
    ensure_eq!(receipts.len(), crowd + 1, "commands of the crowd that are served");
    books::agree(&subject, user(1), &receipts).await
}

/// What serves a line could stop when it is empty, or at an error, and never start again.
pub(super) async fn an_idle_user_is_served_again(case: Case) -> Found {
    let subject = case.open();
    for round in 1..=3 {
        let launched = (0..20).map(|_| subject.launch(user(1), charge(1)));
        outcomes(launched.collect()).await?;
        rejected(subject.use_points(user(1), 1_000).await)?;
        for _ in 0..100 {
            subject.step_aside().await;
        }
        rejected(subject.ask(user(1), spend(1_000)).await)?;
        accepted(subject.charge(user(1), 1).await)?;
        ensure_eq!(subject.balance(user(1)).await?.balance, round * 21, "balance in round {round}");
    }
    Ok(())
}
