//! The shutdown of a server.

use std::{
    io,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use hotrow::scenario::Latency;
use hotrow_server::Limits;

use super::{Connection, RunningServer, entry, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    app::ExecutionMode,
    ask::Request,
};

/// Delay that a busy machine may add.
const DELAY_MAX: Duration = Duration::from_millis(1_500);

/// At shutdown, commands in progress could be interrupted, or be applied without an answer. Idle
/// connections could delay the end, and new connections could be accepted and never answered. Eight
/// commands are in progress on a slow store when the server stops. All are answered, idle
/// connections are closed before that, and new connections are refused.
pub(crate) fn requests_in_progress_are_answered_at_shutdown() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_millis(100));
        let limits = Limits::default();
        let server = RunningServer::open(entry("queue", "simulated"), latency, limits).await;
        let address = server.address;
        let mut watcher = server.connect().await;
        let mut fresh = server.connect().await;
        let mut idle = server.connect().await;
        ensure(idle.call(&Request::get("/healthz")).await.is_ok(), || {
            "the health check failed".to_owned()
        })?;
        let mut callers = Vec::new();
        for user in 1..=8 {
            let mut wire = server.connect().await;
            callers.push(tokio::spawn(async move {
                let answer = wire.call(&Request::charge(user, user)).await;
                (answer, wire.wait_for_close().await)
            }));
        }
        watcher.wait_for_metric("hotrow_queue_length", 8).await?;

        let stopped = Instant::now();
        let stopping = server.stop();
        in_time("the close of idle connections", async {
            tokio::join!(fresh.wait_for_close(), idle.wait_for_close(), watcher.wait_for_close())
        })
        .await?;
        let idle_for = stopped.elapsed();
        let refused = in_time("a refused connection", async {
            loop {
                match Connection::open(address).await {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => break,
                    // The system accepted the connection, the server did not: it is closed
                    // unanswered.
                    _ => tokio::task::yield_now().await,
                }
            }
        });
        refused.await?;
        let some_wait = callers.iter().any(|caller| !caller.is_finished());
        ensure(some_wait, || format!("idle connections stayed for {idle_for:?}"))?;
        for (caller, user) in join_all(callers).await.into_iter().zip(1..) {
            let (answer, _) = caller.map_err(|error| error.to_string())?;
            ensure(answer.is_ok() && answer.point() == user, || answer.describe())?;
        }
        let (served, took) = stopping.ended().await;
        ensure(served.applied == 8 && served.unanswered == 0, || format!("{served:?}"))?;
        ensure(took < limits.drain, || format!("the stop took {took:?}"))
    })
}

/// Commands that take longer than the drain could delay the end for ever, or end in a reset. Their
/// clients get a problem shortly before the end.
pub(crate) fn unanswered_requests_get_a_503_at_shutdown() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_secs(30));
        let limits = Limits { drain: Duration::from_millis(700), ..Limits::default() };
        let server = RunningServer::open(entry("queue", "simulated"), latency, limits).await;
        let mut watcher = server.connect().await;
        let callers: Vec<_> = (1..=4)
            .map(|user| {
                let address = server.address;
                tokio::spawn(async move {
                    let mut wire = Connection::open(address).await.expect("the server listens");
                    let request =
                        if user < 4 { Request::charge(user, 5) } else { Request::balance(user) };
                    let answer = wire.call(&request).await;
                    (answer, wire.wait_for_close().await)
                })
            })
            .collect();
        // An incomplete request does not delay the end either.
        let mut half = server.connect().await;
        half.send(b"GET /point/1 HTT").await.map_err(|error| error.to_string())?;
        watcher.wait_for_metric("hotrow_queue_length", 4).await?;
        let (served, took) = server.stop().ended().await;
        let in_time = took < limits.drain + DELAY_MAX;
        ensure(in_time && served.applied == 0, || format!("{served:?} after {took:?}"))?;
        ensure((1..=4).contains(&served.unanswered), || format!("{served:?}"))?;
        for caller in join_all(callers).await {
            let (answer, _) = caller.map_err(|error| error.to_string())?;
            answer.check_problem(503, "shutting-down")?;
        }
        Ok(())
    })
}

/// Under load, a shutdown could truncate answers, or miss acknowledged commands in its count.
/// Clients charge one after another until the connection closes. All answers are complete. The
/// number of applied commands is the number of acknowledged ones, plus at most one for each client.
pub(crate) fn acknowledged_commands_are_counted_at_shutdown() -> CheckResult {
    ExecutionMode::Threads.run(async {
        for (name, store) in
            [("queue", "memory"), ("actor", "simulated"), ("async-mutex", "simulated")]
        {
            let latency = match store {
                "simulated" => Latency::Fixed(Duration::from_millis(1)),
                _ => Latency::None,
            };
            let server = RunningServer::open(entry(name, store), latency, Limits::default()).await;
            let clients: Vec<_> = (1..=6)
                .map(|user| {
                    let address = server.address;
                    tokio::spawn(async move { charge_until_closed(address, user).await })
                })
                .collect();
            let mut watcher = server.connect().await;
            while watcher.metric(APPLIED).await < 200 {}
            drop(watcher);
            let (served, _) = in_time("the stop", server.stop().ended()).await?;
            let mut acknowledged = 0;
            let client_count = clients.len() as u64;
            for client in join_all(clients).await {
                acknowledged += client.map_err(|error| error.to_string())??;
            }
            let most = acknowledged + client_count;
            let fits = (acknowledged..=most).contains(&served.applied);
            ensure(fits, || format!("{name} on {store}: {acknowledged} acknowledged, {served:?}"))?;
        }
        Ok(())
    })
}

/// A command whose client has disconnected could be interrupted by the shutdown. Commands are in
/// progress on a slow store when the server stops, and are applied.
pub(crate) fn shutdown_waits_for_commands_of_disconnected_clients() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let latency = Latency::Fixed(Duration::from_millis(100));
        let server =
            RunningServer::open(entry("queue", "simulated"), latency, Limits::default()).await;
        let mut watcher = server.connect().await;
        for user in 1..=4 {
            let mut wire = server.connect().await;
            let sent = wire.send(&Request::charge(user, 5).to_bytes()).await;
            sent.map_err(|error| error.to_string())?;
            watcher.wait_for_metric("hotrow_queue_length", user).await?;
            wire.reset();
        }
        watcher.wait_for_metric("hotrow_connections", 1).await?;
        let (served, _) = in_time("the stop", server.stop().ended()).await?;
        ensure(served.applied == 4 && served.unanswered == 0, || format!("{served:?}"))
    })
}

const APPLIED: &str = "hotrow_commands_total{action=\"charge\",outcome=\"applied\"}";

/// Charges until the connection closes, and returns the number of applied charges.
async fn charge_until_closed(address: std::net::SocketAddr, user: u64) -> Result<u64, String> {
    let mut wire = Connection::open(address).await.map_err(|error| error.to_string())?;
    let mut applied = 0;
    while wire.send(&Request::charge(user, 1).to_bytes()).await.is_ok() {
        match wire.answer().await {
            Ok(Some(answer)) if answer.is_ok() => applied += 1,
            Ok(Some(answer)) => return Err(format!("unexpected answer {}", answer.describe())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(format!("an answer is incomplete: {error}"));
            }
            // The connection was closed between two requests, or while one was in transit.
            Ok(None) | Err(_) => break,
        }
    }
    Ok(applied)
}
