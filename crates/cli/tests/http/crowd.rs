//! Many clients at once; some repeat their commands, and some disconnect.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use futures_util::future::{join_all, poll_fn};
use hotrow::{domain::Policy, service::DynPointService, store::StoreConfig};
use hotrow_registry::Entry;
use hotrow_server::Limits;
use parking_lot::Mutex;
use tokio::task;

use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    answer::Answer,
    app::{App, ExecutionMode},
    ask::Request,
};

const USERS: u64 = 3;

/// The first charge of each account.
const DEPOSIT: u64 = 200_000;

/// Clients, and the commands that each of them sends.
const CLIENTS: u64 = 8;
const COMMANDS: u64 = 60;

/// Maximum number of polls before a client disconnects.
const POLLS_MAX: u64 = 12;

/// A lost update, a key that admits a second command, and a command that a disconnect interrupts
/// all leave an account that does not agree with the answers. The load runs twice: on the store as
/// it is, and on a store that yields in every step.
pub(crate) fn accounts_agree_with_answers_under_load(entry: &Entry) -> CheckResult {
    let (setup, policy) = (StoreConfig::default(), Policy::default());
    for points in [entry.open_sync(&setup, policy), (entry.with_faults().yielding)(&setup, policy)]
    {
        ExecutionMode::Threads.run(run_load(entry, points))?;
    }
    Ok(())
}

/// The check must be able to fail: a strategy that reads, waits and writes must not pass it.
pub(crate) fn lost_updates_are_detected(entry: &Entry) -> CheckResult {
    let points = (entry.with_faults().yielding)(&StoreConfig::default(), Policy::default());
    match ExecutionMode::Threads.run(run_load(entry, points)) {
        Ok(()) => Err("no lost update was found".to_owned()),
        Err(_) => Ok(()),
    }
}

/// The commands and results of each user.
type CommandLogs = Arc<Mutex<[CommandLog; 3]>>;

async fn run_load(entry: &Entry, points: Arc<dyn DynPointService>) -> CheckResult {
    let app = App::from_service(points, entry, Policy::default(), Limits::default());
    let logs = CommandLogs::default();
    for user in 1..=USERS {
        let answer = app.call(&Request::charge(user, DEPOSIT)).await;
        record(&logs, user, DEPOSIT.cast_signed(), CommandResult::from_answer(&answer));
    }
    let clients = (0..CLIENTS).map(|client| {
        let (app, logs) = (app.clone(), Arc::clone(&logs));
        task::spawn(async move {
            for number in 1..=COMMANDS {
                send(&app, &logs, client * COMMANDS + number).await?;
            }
            CheckResult::Ok(())
        })
    });
    for sent in join_all(clients).await {
        sent.map_err(|error| format!("a client panicked: {error}"))??;
    }
    // Commands of disconnected clients may still be running.
    app.wait_for_queue_length(0).await;
    let logs = std::mem::take(&mut *logs.lock());
    for (user, log) in (1..).zip(logs) {
        let (balance, entries) = (app.balance(user).await, app.history(user).await);
        let found = log.check_account(user, balance, &entries);
        found.map_err(|found| format!("user {user}, {log}: {found}"))?;
        let is_enough = log.applied() >= 80 && log.rejected() >= 10;
        ensure(is_enough, || format!("too few commands: {log}"))?;
    }
    Ok(())
}

/// Sends one command. Its amount is its number, so the amounts of all commands differ.
async fn send(app: &App, logs: &CommandLogs, number: u64) -> CheckResult {
    let user = 1 + number % USERS;
    let gain = number.cast_signed();
    let result = CommandResult::from_answer;
    let (charge, spend) = (Request::charge(user, number), Request::use_points(user, number));
    match number / USERS % 8 {
        0 | 1 => record(logs, user, gain, result(&app.call(&charge).await)),
        2 | 3 => record(logs, user, -gain, result(&app.call(&spend).await)),
        4 => {
            let too_much = 900_000 + number;
            let answer = app.call(&Request::use_points(user, too_much)).await;
            record(logs, user, -too_much.cast_signed(), result(&answer));
        }
        5 => {
            let answer = repeat(app, charge.key(number.to_string()), 3).await?;
            record(logs, user, gain, result(&answer));
        }
        6 => {
            let answer = repeat(app, spend.key(number.to_string()), 2).await?;
            record(logs, user, -gain, result(&answer));
        }
        _ => {
            let answer = poll_times(app.call(&charge), number % POLLS_MAX).await;
            let result = answer.as_ref().map_or(CommandResult::Indeterminate, result);
            record(logs, user, gain, result);
        }
    }
    Ok(())
}

fn record(logs: &CommandLogs, user: u64, change: i64, result: CommandResult) {
    let index = usize::try_from(user - 1).expect("the user ids are small");
    logs.lock()[index].record(change, result);
}

/// Sends a command with a key several times at once, and checks that one answer is new and that all
/// answers are equal.
async fn repeat(app: &App, request: Request, times: usize) -> Result<Answer, String> {
    let answers = join_all((0..times).map(|_| app.spawn_call(request.clone()))).await;
    let answers: Result<Vec<Answer>, _> = answers.into_iter().collect();
    let mut answers = answers.map_err(|error| format!("a client panicked: {error}"))?;
    let new = answers.iter().filter(|answer| !answer.is_replayed()).count();
    ensure(new == 1, || format!("{new} of {times} answers to one key are not replayed"))?;
    let first = answers.swap_remove(0);
    for other in &answers {
        let same = (first.status, &first.body) == (other.status, &other.body);
        ensure(same, || {
            format!("one key is answered {} and {}", first.describe(), other.describe())
        })?;
    }
    Ok(first)
}

/// Polls `work` this number of times and drops it if it has not completed.
async fn poll_times<T>(work: impl Future<Output = T>, times: u64) -> Option<T> {
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
