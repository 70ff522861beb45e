//! More than can be done, and longer than can be waited.

use hotrow::{http::Limits, registry::Entry, store::Point};

use crate::{
    app::{App, Stage},
    ask::Ask,
    books::{End, Found, Told, ensure},
};

/// A crowd before one account could keep everybody else out, a crowd before all accounts could wait
/// for ever, and a place that is not given back is lost for good. Two before one account and four in
/// all are held in the middle of their steps: one more is told to come back, another account is served
/// while there is room, and when the held are let go there is room again for all.
pub(crate) fn a_crowd_is_turned_away_and_room_is_given_back(entry: &Entry) -> Found {
    let stage = Stage::of_holds(entry);
    stage.run(async {
        let limits = Limits { per_account: 2, in_flight: 4, ..Limits::default() };
        let (app, plan) = App::planned(entry, stage, limits);
        for round in 0..3 {
            let gates = [1, 2].map(|user| plan.hold(user, Point::Loaded));
            let mut held = vec![app.launch(Ask::charge(1, 1)), app.launch(Ask::charge(1, 2))];
            app.until_waiting(2).await;
            for ask in [Ask::charge(1, 3), Ask::balance(1), Ask::get("/point/1/histories")] {
                // From aside: where nobody is turned away it is held as well.
                let answer = app.launch(ask.key(format!("{round}"))).await;
                answer.map_err(|error| error.to_string())?.is_problem(503, "overloaded")?;
            }
            let other = app.ask(&Ask::charge(3, 1)).await;
            ensure(other.is_ok(), || format!("another account: {}", other.shown()))?;

            held.extend([app.launch(Ask::charge(2, 1)), app.launch(Ask::use_points(2, 900_000))]);
            app.until_waiting(4).await;
            let fifth = app.ask(&Ask::charge(3, 1)).await;
            fifth.is_problem(503, "overloaded")?;
            let health = app.ask(&Ask::get("/healthz")).await;
            ensure(health.is_ok(), || format!("health: {}", health.shown()))?;

            gates.into_iter().for_each(crate::interference::Gate::open);
            plan.forget_holds();
            for (place, held) in held.into_iter().enumerate() {
                let answer = held.await.map_err(|error| error.to_string())?;
                let expected = if place == 3 { 409 } else { 200 };
                ensure(answer.status == expected, || format!("held: {}", answer.shown()))?;
            }
            app.until_waiting(0).await;
            for user in 1..=3 {
                // A key that was turned away was not kept.
                let answer = app.ask(&Ask::charge(user, 7).key(format!("{round}"))).await;
                let is_new = answer.is_ok() && !answer.is_replayed();
                ensure(is_new, || format!("when all is quiet: {}", answer.shown()))?;
            }
        }
        Ok(())
    })
}

/// A request that waits for too long could wait for ever, or be told that nothing was done; the command
/// that it left behind could be lost, or be applied again by who repeats it. Time jumps past the limit
/// while the command is held: its sender is told, the command is applied once when it can be, and its
/// key gives the answer.
pub(crate) fn who_waits_too_long_is_told_and_finds_the_answer_later(entry: &Entry) -> Found {
    let stage = Stage::of_holds(entry);
    if stage == Stage::Threads {
        // A step that blocks its thread is answered when it has ended, and never late.
        return Ok(());
    }
    stage.run(async {
        let (app, plan) = App::planned(entry, stage, Limits::default());
        let mut told = Told::default();
        told.note(100, End::of(&app.ask(&Ask::charge(1, 100)).await));
        let gate = plan.hold(1, Point::Committing);
        let began = tokio::time::Instant::now();
        let ask = Ask::charge(1, 5).key("a");
        for _ in 0..2 {
            // The second waits for the first, and no longer than it.
            app.ask(&ask).await.is_problem(503, "timed-out")?;
        }
        let waited = began.elapsed();
        let limit = Limits::default().answer * 2;
        let in_time = limit <= waited && waited.as_secs() <= limit.as_secs() + 1;
        ensure(in_time, || format!("two waited for {waited:?}"))?;
        let waiting = app.metric("hotrow_queue_length").await;
        ensure(waiting == 1, || format!("{waiting} places are taken by a command at work"))?;
        gate.open();
        let again = app.ask(&ask).await;
        ensure(again.is_ok() && again.is_replayed(), || format!("later: {}", again.shown()))?;
        told.note(5, End::of(&again));
        app.until_waiting(0).await;
        told.agrees(1, app.balance(1).await, &app.history(1).await)
    })
}
