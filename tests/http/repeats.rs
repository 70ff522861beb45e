//! Commands that are repeated under their key.

use hotrow::{http::Limits, registry::Entry, store::Point};

use crate::{
    answer::Answer,
    app::{App, Stage},
    ask::Ask,
    books::{End, Found, Told, ensure},
};

/// A repetition that comes while the first is at work could be applied beside it, or be told something
/// else. The first is held in the middle of its step: the second waits, and is told what the first is
/// told. Meanwhile another command is not taken for either of them, and the same key of another user
/// is another key.
pub(crate) fn a_repetition_waits_for_the_first(entry: &Entry) -> Found {
    let stage = Stage::of_holds(entry);
    stage.run(async {
        let (app, plan) = App::planned(entry, stage, Limits::default());
        let mut told = Told::default();
        told.note(100, End::of(&app.ask(&Ask::charge(1, 100)).await));
        let gate = plan.hold(1, Point::Loaded);
        let ask = Ask::charge(1, 5).key("a");
        let first = app.launch(ask.clone());
        app.until_waiting(1).await;
        let others =
            [app.launch(Ask::change("/point/1/charge", " 5 ").key("a")), app.launch(ask.clone())];
        app.until_waiting(3).await;

        for other in [Ask::charge(1, 6), Ask::use_points(1, 5)] {
            // From aside: where it is taken for a new one it is held as well.
            let answer = app.launch(other.key("a")).await;
            answer.map_err(|error| error.to_string())?.is_problem(422, "idempotency-key-reused")?;
        }
        let elsewhere = app.ask(&Ask::charge(2, 6).key("a")).await;
        let is_new = elsewhere.is_ok() && !elsewhere.is_replayed() && elsewhere.point() == 6;
        ensure(is_new, || format!("the key of another user: {}", elsewhere.shown()))?;
        let waited = others.iter().all(|other| !other.is_finished()) && !first.is_finished();
        ensure(waited, || "somebody was answered before the command had ended".to_owned())?;

        gate.open();
        let first = first.await.map_err(|error| error.to_string())?;
        ensure(first.is_ok() && !first.is_replayed(), || first.shown())?;
        told.note(5, End::of(&first));
        for other in others {
            let other = other.await.map_err(|error| error.to_string())?;
            is_repetition(&first, &other)?;
        }
        is_repetition(&first, &app.ask(&ask).await)?;
        told.agrees(1, app.balance(1).await, &app.history(1).await)
    })
}

/// A sender who goes away could take its command along, half done or not done, and leave a key that
/// is never answered. Its command is held in the middle and its request dropped: the command is
/// applied once, keeps its place until it has ended, and its answer is there for whoever asks again.
/// One without a key is applied as well.
pub(crate) fn who_goes_away_finds_the_answer_later(entry: &Entry) -> Found {
    let stage = Stage::of_holds(entry);
    if stage == Stage::Threads {
        // A caller whose thread is blocked cannot go away.
        return Ok(());
    }
    stage.run(async {
        let (app, plan) = App::planned(entry, stage, Limits::default());
        let mut told = Told::default();
        told.note(100, End::of(&app.ask(&Ask::charge(1, 100)).await));
        for (ask, change) in [(Ask::charge(1, 5).key("a"), 5), (Ask::use_points(1, 7), -7)] {
            let gate = plan.hold(1, Point::Loaded);
            let caller = app.launch(ask.clone());
            app.until_waiting(1).await;
            caller.abort();
            let gone = caller.await;
            ensure(gone.is_err(), || "the caller was answered in time".to_owned())?;
            let waiting = app.metric("hotrow_queue_length").await;
            ensure(waiting == 1, || format!("{waiting} places are taken by a command at work"))?;
            gate.open();
            plan.forget_holds();
            if ask.headers.len() > 1 {
                let again = app.ask(&ask).await;
                let is_kept = again.is_ok() && again.is_replayed();
                ensure(is_kept, || format!("asked again: {}", again.shown()))?;
                told.note(change, End::of(&again));
            } else {
                told.note(change, End::Unknown);
            }
            app.until_waiting(0).await;
            let lines = app.history(1).await;
            ensure(lines.last().is_some_and(|line| line.change == change), || {
                format!("{change} is not applied: {lines:?}")
            })?;
        }
        told.agrees(1, app.balance(1).await, &app.history(1).await)
    })
}

/// A refusal that was forgotten would be decided again, and a sender who asks twice would be told two
/// things of one command.
pub(crate) fn a_refusal_is_repeated_as_well(entry: &Entry) -> Found {
    Stage::Paused.run(async {
        let app = App::open(entry);
        let mut told = Told::default();
        told.note(100, End::of(&app.ask(&Ask::charge(1, 100)).await));
        let ask = Ask::use_points(1, 500).key("a");
        let refused = app.ask(&ask).await;
        refused.is_problem(409, "insufficient-balance")?;
        told.note(-500, End::of(&refused));
        told.note(1_000, End::of(&app.ask(&Ask::charge(1, 1_000)).await));
        is_repetition(&refused, &app.ask(&ask).await)?;
        told.agrees(1, app.balance(1).await, &app.history(1).await)
    })
}

/// Whether `again` is told what was told before.
fn is_repetition(first: &Answer, again: &Answer) -> Found {
    let same = (first.status, &first.body) == (again.status, &again.body) && again.is_replayed();
    ensure(same, || format!("{} is repeated as {}", first.shown(), again.shown()))
}
