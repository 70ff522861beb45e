//! A panic is the trouble of one request, and its words are nobody's business.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hotrow::{
    domain::{Account, Amount, Command, Failure, Fault, LedgerEntry, Outcome, Policy, UserId},
    http::Limits,
    registry::{self, Entry},
    service::{Points, Statement},
    store::{Page, Point},
};

use crate::{
    answer::Answer,
    app::{App, Stage},
    ask::Ask,
    books::{End, Found, Told, ensure},
    interference::WORDS,
};

/// A panic in the middle of a step could take down the connection, the lock or the actor that it
/// happened in, tell its sender that nothing was done when something was, or tell a stranger what the
/// source looks like. It happens at every point of a step: its sender is told that the outcome is not
/// known, and is told so again if it asks again, the next request is served, and the account is whole.
pub(crate) fn a_panic_in_a_command_is_an_unknown_outcome(entry: &Entry) -> Found {
    for point in [Point::Loading, Point::Loaded, Point::Committing, Point::Committed] {
        Stage::Paused
            .run(panics_at(entry, point))
            .map_err(|found| format!("after a panic at {point:?}: {found}"))?;
    }
    Ok(())
}

async fn panics_at(entry: &Entry, point: Point) -> Found {
    let (app, plan) = App::planned(entry, Stage::Paused, Limits::default());
    let mut told = Told::default();
    told.note(100, End::of(&app.ask(&Ask::charge(1, 100)).await));

    plan.panic(1, point);
    let ask = Ask::charge(1, 5).key("a");
    let answer = app.ask(&ask).await;
    ensure(!plan.forget_panics(), || "nothing panicked".to_owned())?;
    answer.is_problem(500, "outcome-unknown")?;
    says_nothing_of_it(&answer)?;
    told.note(5, End::of(&answer));
    let again = app.ask(&ask).await;
    let same = again.is_replayed() && again.body == answer.body;
    ensure(same, || format!("asked again: {}", again.shown()))?;

    told.note(7, End::of(&app.ask(&Ask::charge(1, 7)).await));
    ensure(told.is_applied(7), || "the next is not applied".to_owned())?;
    let lines = app.history(1).await;
    told.agrees(1, app.balance(1).await, &lines)?;
    let is_there = lines.iter().any(|line| line.change == 5);
    let was_written = point == Point::Committed;
    ensure(is_there == was_written, || format!("the command that panicked: {lines:?}"))
}

/// A read that panics has changed nothing, and says that the service is at fault. Where a read takes no
/// step that could panic there is an answer.
pub(crate) fn a_panic_in_a_read_is_the_fault_of_the_service(entry: &Entry) -> Found {
    Stage::Paused.run(async {
        let (app, plan) = App::planned(entry, Stage::Paused, Limits::default());
        told_ok(&app.ask(&Ask::charge(1, 100)).await)?;
        for point in [Point::Loading, Point::Loaded] {
            plan.panic(1, point);
            let answer = app.ask(&Ask::balance(1)).await;
            match plan.forget_panics() {
                true => told_ok(&answer)?,
                false => answer.is_problem(500, "internal")?,
            }
            says_nothing_of_it(&answer)?;
            let next = app.ask(&Ask::balance(1)).await;
            ensure(next.is_ok() && next.point() == 100, || next.shown())?;
        }
        Ok(())
    })
}

/// What panics outside of every strategy could end the connection without an answer.
pub(crate) fn a_panic_of_the_service_itself_is_answered() -> Found {
    Stage::Paused.run(async {
        let entry = registry::entries().next().ok_or("there is no entry")?;
        let app = App::over(Arc::new(Broken), entry, Policy::default(), Limits::default());
        for ask in [Ask::balance(1), Ask::get("/point/1/histories")] {
            let answer = app.ask(&ask).await;
            answer.is_problem(500, "internal")?;
            says_nothing_of_it(&answer)?;
        }
        ensure(app.ask(&Ask::get("/healthz")).await.is_ok(), || "it is not well".to_owned())?;
        let waiting = app.metric("hotrow_queue_length").await;
        ensure(waiting == 0, || format!("{waiting} requests wait for ever"))
    })
}

fn told_ok(answer: &Answer) -> Found {
    ensure(answer.is_ok(), || answer.shown())
}

fn says_nothing_of_it(answer: &Answer) -> Found {
    let said = format!("{:?}{}", answer.headers, answer.text());
    ensure(!said.contains(WORDS), || format!("its words are told: {said}"))
}

/// Points that cannot even be asked.
struct Broken;

fn breaks() -> ! {
    std::panic::resume_unwind(Box::new(WORDS))
}

impl Points for Broken {
    fn balance(&self, _: UserId) -> BoxFuture<'_, Result<Account, Fault>> {
        breaks()
    }

    fn history(&self, _: UserId, _: Page) -> BoxFuture<'_, Result<Vec<LedgerEntry>, Fault>> {
        breaks()
    }

    fn charge(&self, _: UserId, _: Amount) -> BoxFuture<'_, Outcome> {
        breaks()
    }

    fn use_points(&self, _: UserId, _: Amount) -> BoxFuture<'_, Outcome> {
        breaks()
    }

    fn execute(&self, _: Command) -> BoxFuture<'_, Outcome> {
        breaks()
    }

    fn statement(&self, _: UserId) -> BoxFuture<'_, Result<Statement, Fault>> {
        breaks()
    }

    fn post(self: Arc<Self>, _: Command) -> BoxFuture<'static, Result<Statement, Failure>> {
        breaks()
    }
}
