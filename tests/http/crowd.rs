//! Many senders at once, some of whom repeat themselves and some of whom go away.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use futures_util::future::{join_all, poll_fn};
use hotrow::{domain::Policy, http::Limits, registry::Entry, service::Points, store::Setup};
use parking_lot::Mutex;
use tokio::task;

use crate::{
    answer::Answer,
    app::{App, Stage},
    ask::Ask,
    books::{End, Found, Told, ensure},
};

const USERS: u64 = 3;

/// What every account is opened with.
const DEPOSIT: u64 = 200_000;

/// Senders, each of whom sends so many commands in a row.
const SENDERS: u64 = 8;
const COMMANDS: u64 = 60;

/// Polls after which a sender goes away, at the most.
const POLLS_MAX: u64 = 12;

/// An update that is lost, a key that lets a second command through, a command that is cut in two as
/// its sender goes away: each leaves an account that does not agree with what its senders were told.
/// The crowd is there twice, before the store as it is and before one that steps aside in every step.
pub(crate) fn every_book_is_kept_in_a_crowd(entry: &Entry) -> Found {
    let (setup, policy) = (Setup::default(), Policy::default());
    for open in [entry.open, entry.open_behind_adversary] {
        let points = open(&setup, policy);
        Stage::Threads.run(crowd(entry, points))?;
    }
    Ok(())
}

/// A check that cannot fail has shown nothing: a strategy that reads, waits and writes must not get
/// past it.
pub(crate) fn whoever_loses_updates_is_seen(entry: &Entry) -> Found {
    let points = (entry.open_behind_adversary)(&Setup::default(), Policy::default());
    match Stage::Threads.run(crowd(entry, points)) {
        Ok(()) => Err("its books are whole".to_owned()),
        Err(_) => Ok(()),
    }
}

/// What all users' senders were told.
type Books = Arc<Mutex<[Told; 3]>>;

async fn crowd(entry: &Entry, points: Arc<dyn Points>) -> Found {
    let app = App::over(points, entry, Policy::default(), Limits::default());
    let books = Books::default();
    for user in 1..=USERS {
        let answer = app.ask(&Ask::charge(user, DEPOSIT)).await;
        note(&books, user, DEPOSIT.cast_signed(), End::of(&answer));
    }
    let senders = (0..SENDERS).map(|sender| {
        let (app, books) = (app.clone(), Arc::clone(&books));
        task::spawn(async move {
            for number in 1..=COMMANDS {
                send(&app, &books, sender * COMMANDS + number).await?;
            }
            Found::Ok(())
        })
    });
    for sent in join_all(senders).await {
        sent.map_err(|error| format!("a sender died: {error}"))??;
    }
    // What was begun by those who went away is still to end.
    app.until_waiting(0).await;
    let books = std::mem::take(&mut *books.lock());
    for (user, told) in (1..).zip(books) {
        let (balance, lines) = (app.balance(user).await, app.history(user).await);
        let found = told.agrees(user, balance, &lines);
        found.map_err(|found| format!("user {user}, {told}: {found}"))?;
        let enough = told.applied() >= 80 && told.refused() >= 10;
        ensure(enough, || format!("too little was done: {told}"))?;
    }
    Ok(())
}

/// Sends one command. Its number is what it moves, so that no two move the same.
async fn send(app: &App, books: &Books, number: u64) -> Found {
    let user = 1 + number % USERS;
    let gain = number.cast_signed();
    let (charge, spend) = (Ask::charge(user, number), Ask::use_points(user, number));
    match number / USERS % 8 {
        0 | 1 => note(books, user, gain, End::of(&app.ask(&charge).await)),
        2 | 3 => note(books, user, -gain, End::of(&app.ask(&spend).await)),
        4 => {
            let much = 900_000 + number;
            let answer = app.ask(&Ask::use_points(user, much)).await;
            note(books, user, -much.cast_signed(), End::of(&answer));
        }
        5 => {
            let answer = repeated(app, charge.key(number.to_string()), 3).await?;
            note(books, user, gain, End::of(&answer));
        }
        6 => {
            let answer = repeated(app, spend.key(number.to_string()), 2).await?;
            note(books, user, -gain, End::of(&answer));
        }
        _ => {
            let answer = polled(app.ask(&charge), number % POLLS_MAX).await;
            note(books, user, gain, answer.as_ref().map_or(End::Unknown, End::of));
        }
    }
    Ok(())
}

fn note(books: &Books, user: u64, change: i64, end: End) {
    let place = usize::try_from(user - 1).expect("users here are few");
    books.lock()[place].note(change, end);
}

/// Sends a command that has a key so many times at once, and sees that one is the first and all learn
/// the same.
async fn repeated(app: &App, ask: Ask, times: usize) -> Result<Answer, String> {
    let answers = join_all((0..times).map(|_| app.launch(ask.clone()))).await;
    let answers: Result<Vec<Answer>, _> = answers.into_iter().collect();
    let mut answers = answers.map_err(|error| format!("a sender died: {error}"))?;
    let fresh = answers.iter().filter(|answer| !answer.is_replayed()).count();
    ensure(fresh == 1, || format!("{fresh} of {times} answers to one key are no repetitions"))?;
    let one = answers.swap_remove(0);
    for other in &answers {
        let same = (one.status, &one.body) == (other.status, &other.body);
        ensure(same, || format!("one key is answered {} and {}", one.shown(), other.shown()))?;
    }
    Ok(one)
}

/// Polls `work` so many times and drops it, if it has not ended by then.
async fn polled<T>(work: impl Future<Output = T>, times: u64) -> Option<T> {
    let mut work = pin!(work);
    for _ in 0..times {
        let polled = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
        if let Poll::Ready(done) = polled {
            return Some(done);
        }
        task::yield_now().await;
    }
    None
}
