//! The end of a server.

use std::{
    io,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use hotrow::{database::Latency, http::Limits};

use super::{Serving, Wire, entry, soon};
use crate::{
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

/// What time takes its course by beside what it should take.
const LATE: Duration = Duration::from_millis(1_500);

/// Commands that have begun could be cut off, or be applied and not answered; connections that do
/// nothing could hold up the end; and somebody new could be let in who is never answered. Eight
/// commands are in the middle of a slow store when the server is told to stop: all are answered, idle
/// connections are closed before that, and new ones are refused.
pub(crate) fn what_has_begun_is_answered_at_the_end() -> Found {
    Stage::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_millis(100));
        let limits = Limits::default();
        let serving = Serving::open(entry("queue", "tables"), latency, limits).await;
        let address = serving.address;
        let mut watcher = serving.connect().await;
        let mut fresh = serving.connect().await;
        let mut idle = serving.connect().await;
        ensure(idle.ask(&Ask::get("/healthz")).await.is_ok(), || "it is not well".to_owned())?;
        let mut callers = Vec::new();
        for user in 1..=8 {
            let mut wire = serving.connect().await;
            callers.push(tokio::spawn(async move {
                let answer = wire.ask(&Ask::charge(user, user)).await;
                (answer, wire.closed().await)
            }));
        }
        watcher.until("hotrow_queue_length", 8).await?;

        let told = Instant::now();
        let stopping = serving.stop();
        soon("the end of who is idle", async {
            tokio::join!(fresh.closed(), idle.closed(), watcher.closed())
        })
        .await?;
        let idle_for = told.elapsed();
        let refused = soon("a refusal", async {
            loop {
                match Wire::to(address).await {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => break,
                    // Let in by the system and not by the server: it is closed unanswered.
                    _ => tokio::task::yield_now().await,
                }
            }
        });
        refused.await?;
        let some_wait = callers.iter().any(|caller| !caller.is_finished());
        ensure(some_wait, || format!("idle connections stayed for {idle_for:?}"))?;
        for (caller, user) in join_all(callers).await.into_iter().zip(1..) {
            let (answer, _) = caller.map_err(|error| error.to_string())?;
            ensure(answer.is_ok() && answer.point() == user, || answer.shown())?;
        }
        let (served, took) = stopping.ended().await;
        ensure(served.applied == 8 && served.unanswered == 0, || format!("{served:?}"))?;
        ensure(took < limits.drain, || format!("it took {took:?}"))
    })
}

/// What takes longer than there is time could hold up the end for ever, or end in a reset that says
/// nothing. Its senders are told that the service goes away, just before it does.
pub(crate) fn who_cannot_be_answered_is_told_so() -> Found {
    Stage::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_secs(30));
        let limits = Limits { drain: Duration::from_millis(700), ..Limits::default() };
        let serving = Serving::open(entry("queue", "tables"), latency, limits).await;
        let mut watcher = serving.connect().await;
        let callers: Vec<_> = (1..=4)
            .map(|user| {
                let address = serving.address;
                tokio::spawn(async move {
                    let mut wire = Wire::to(address).await.expect("the server is there");
                    let ask = if user < 4 { Ask::charge(user, 5) } else { Ask::balance(user) };
                    let answer = wire.ask(&ask).await;
                    (answer, wire.closed().await)
                })
            })
            .collect();
        // One who has not asked for anything whole yet does not hold it up either.
        let mut half = serving.connect().await;
        half.send(b"GET /point/1 HTT").await.map_err(|error| error.to_string())?;
        watcher.until("hotrow_queue_length", 4).await?;
        let (served, took) = serving.stop().ended().await;
        let in_time = took < limits.drain + LATE;
        ensure(in_time && served.applied == 0, || format!("{served:?} after {took:?}"))?;
        ensure((1..=4).contains(&served.unanswered), || format!("{served:?}"))?;
        for caller in join_all(callers).await {
            let (answer, _) = caller.map_err(|error| error.to_string())?;
            answer.is_problem(503, "shutting-down")?;
        }
        Ok(())
    })
}

/// An answer that was cut in two, or a command that was acknowledged and is not counted, could come of
/// an end in the middle of much traffic. Clients charge in a row until they are cut off: each
/// answer is whole, and what was applied is what was told, and at most one more for each of them.
pub(crate) fn what_was_told_is_counted() -> Found {
    Stage::Threads.run(async {
        for (name, store) in [("queue", "slab"), ("actor", "tables"), ("async-mutex", "tables")] {
            let latency = match store {
                "tables" => Latency::Fixed(Duration::from_millis(1)),
                _ => Latency::None,
            };
            let serving = Serving::open(entry(name, store), latency, Limits::default()).await;
            let clients: Vec<_> = (1..=6)
                .map(|user| {
                    let address = serving.address;
                    tokio::spawn(async move { charge_in_a_row(address, user).await })
                })
                .collect();
            let mut watcher = serving.connect().await;
            while watcher.metric(APPLIED).await < 200 {}
            drop(watcher);
            let (served, _) = soon("the end", serving.stop().ended()).await?;
            let mut told = 0;
            let senders = clients.len() as u64;
            for client in join_all(clients).await {
                told += client.map_err(|error| error.to_string())??;
            }
            let fits = told <= served.applied && served.applied <= told + senders;
            ensure(fits, || format!("{name} on {store}: {told} were told, and {served:?}"))?;
        }
        Ok(())
    })
}

/// A command whose sender has gone could be dropped with the rest of the server, half done: nobody is
/// left to complain. It is in the middle of a slow store when the server is told to stop, and is applied.
pub(crate) fn who_has_gone_is_waited_for() -> Found {
    Stage::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_millis(100));
        let serving = Serving::open(entry("queue", "tables"), latency, Limits::default()).await;
        let mut watcher = serving.connect().await;
        for user in 1..=4 {
            let mut wire = serving.connect().await;
            let sent = wire.send(&Ask::charge(user, 5).bytes()).await;
            sent.map_err(|error| error.to_string())?;
            watcher.until("hotrow_queue_length", user).await?;
            wire.reset();
        }
        watcher.until("hotrow_connections", 1).await?;
        let (served, _) = soon("the end", serving.stop().ended()).await?;
        ensure(served.applied == 4 && served.unanswered == 0, || format!("{served:?}"))
    })
}

const APPLIED: &str = "hotrow_commands_total{action=\"charge\",outcome=\"applied\"}";

/// Charges until the connection ends, and says how many of them were applied.
async fn charge_in_a_row(address: std::net::SocketAddr, user: u64) -> Result<u64, String> {
    let mut wire = Wire::to(address).await.map_err(|error| error.to_string())?;
    let mut applied = 0;
    while wire.send(&Ask::charge(user, 1).bytes()).await.is_ok() {
        match wire.answer().await {
            Ok(Some(answer)) if answer.is_ok() => applied += 1,
            Ok(Some(answer)) => return Err(format!("it is told {}", answer.shown())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(format!("an answer is not whole: {error}"));
            }
            // Closed between two requests, or as one was on its way.
            Ok(None) | Err(_) => break,
        }
    }
    Ok(applied)
}
