//! Bounded waiting: a waiter is served after a bounded number of others, however many come after it.
//!
//! A test that lets its clients end cannot see starvation, because a waiter that loses to every
//! newcomer is served when no newcomer is left. Here newcomers arrive until the waiter is served:
//! one before each turn ends. Each turn is held open until its newcomer has arrived, so there is
//! always a step inside, and always another that could go before the waiter.

use std::{mem, pin::pin};

use futures_util::future::{Either, join_all, select};
use tokio::task::{JoinError, JoinHandle};

use crate::{
    proof::{
        found::{Found, accepted},
        plan::{Gate, Plan},
        subject::{Case, Subject, charge, poll_once, user},
    },
    store::Point,
};

/// Turns beyond those of the waiters ahead after which a waiter counts as starved. An unfair lock
/// that hands itself over by a timer stays far below.
const TURNS_BEYOND_MAX: usize = 300;

/// Times that the arriving newcomer is let run before the turn ends.
const ARRIVAL_STEPS: usize = 8;

/// A lock could let newcomers go before a waiter, readers before a writer, or a full line newcomers
/// before those who found it full. A waiter is put under a steady stream of each kind, and must be
/// served within a bound of turns. So must the readers behind a writer that gave up.
pub(super) async fn waiting_is_bounded(case: Case) -> Found {
    a_command_is_served_among_newcomers(case, |_subject| 0).await?;
    a_command_is_served_among_newcomers(case, Subject::crowd_apart).await?;
    a_command_is_served_among_readers(case).await?;
    readers_are_served_behind_a_writer_that_gave_up(case).await
}

/// The waiter comes behind a crowd, which may be more than the line admits.
async fn a_command_is_served_among_newcomers(case: Case, crowd: fn(&Subject) -> usize) -> Found {
    let (subject, plan) = case.open_planned().await?;
    let crowd = crowd(&subject);
    let Some(mut stream) = Stream::begin(&subject, &plan, command).await? else { return Ok(()) };
    (0..crowd).for_each(|_| stream.admit(command));
    stream.serve_a_waiter(command, crowd + TURNS_BEYOND_MAX).await
}

/// The waiter needs the lock for itself, and there is always a reader inside.
async fn a_command_is_served_among_readers(case: Case) -> Found {
    let (subject, plan) = case.open_planned().await?;
    accepted(subject.charge(user(1), 1).await)?;
    let Some(stream) = Stream::begin(&subject, &plan, read).await? else { return Ok(()) };
    stream.serve_a_waiter(read, TURNS_BEYOND_MAX).await
}

/// A writer that waits marks the lock, so that readers stay out, and must take the mark along.
async fn readers_are_served_behind_a_writer_that_gave_up(case: Case) -> Found {
    if case.blocks_threads().await? {
        // A caller whose thread is blocked cannot give up.
        return Ok(());
    }
    let (subject, plan) = case.open_planned().await?;
    accepted(subject.charge(user(1), 1).await)?;
    let Some(stream) = Stream::begin(&subject, &plan, read).await? else { return Ok(()) };
    let mut writer = subject.ask(user(1), charge(1));
    // One that is served at once had nothing to wait for.
    let _ = poll_once(&mut writer).await;
    drop(writer);
    stream.end().await?;
    subject.balance(user(1)).await?;
    accepted(subject.charge(user(1), 1).await).map(drop)
}

/// Launches one that arrives.
type Launch = fn(&Subject) -> JoinHandle<Found>;

fn command(subject: &Subject) -> JoinHandle<Found> {
    let asked = subject.ask(user(1), charge(1));
    subject.launch_apart(async { accepted(asked.await).map(drop) })
}

fn read(subject: &Subject) -> JoinHandle<Found> {
    subject.launch_apart(subject.ask_balance(user(1)))
}

/// Newcomers that arrive one after another, and the gate that holds the present turn open.
struct Stream<'a> {
    subject: &'a Subject,
    plan: &'a Plan,
    inside: Gate,
    newcomers: Vec<JoinHandle<Found>>,
    arrivals: usize,
}

impl<'a> Stream<'a> {
    /// The first arrives and is held inside. There is no stream if it is served without a turn.
    async fn begin(
        subject: &'a Subject,
        plan: &'a Plan,
        first: Launch,
    ) -> Found<Option<Stream<'a>>> {
        let inside = plan.hold(Point::Loaded, user(1));
        let mut stream = Stream { subject, plan, inside, newcomers: Vec::new(), arrivals: 1 };
        let mut held = first(subject);
        if stream.is_served_before_the_next_turn(&mut held).await? {
            return Ok(None);
        }
        stream.newcomers.push(held);
        Ok(Some(stream))
    }

    fn admit(&mut self, newcomer: Launch) {
        self.newcomers.push(newcomer(self.subject));
        self.arrivals += 1;
    }

    /// Launches a command that has to wait, and lets one newcomer arrive before each turn ends.
    async fn serve_a_waiter(mut self, newcomer: Launch, turns_max: usize) -> Found {
        let mut waiter = command(self.subject);
        self.arrivals += 1;
        self.until_arrived().await?;
        for _ in 0..turns_max {
            let next = self.plan.hold(Point::Loaded, user(1));
            self.admit(newcomer);
            self.until_arrived().await?;
            mem::replace(&mut self.inside, next).open();
            if self.is_served_before_the_next_turn(&mut waiter).await? {
                return self.end().await;
            }
        }
        Err(format!("a command that waits is not served in {turns_max} turns of others"))
    }

    /// Waits until the next turn is held open, and says whether `waiter` was served before.
    async fn is_served_before_the_next_turn(&self, waiter: &mut JoinHandle<Found>) -> Found<bool> {
        match select(waiter, pin!(self.inside.reached())).await {
            Either::Left((ended, _)) => outcome(ended).map(|()| true),
            Either::Right(_) => Ok(false),
        }
    }

    /// Until all who were launched have asked, and have had time to stand where they have to wait.
    async fn until_arrived(&self) -> Found {
        self.subject.until_asked(self.arrivals).await?;
        for _ in 0..ARRIVAL_STEPS {
            self.subject.step_aside().await;
        }
        Ok(())
    }

    /// No more arrive, no turn is held, and every newcomer has to be served.
    async fn end(self) -> Found {
        self.inside.open();
        join_all(self.newcomers).await.into_iter().try_for_each(outcome)
    }
}

fn outcome(ended: Result<Found, JoinError>) -> Found {
    ended.map_err(|error| format!("a caller died: {error}"))?
}
