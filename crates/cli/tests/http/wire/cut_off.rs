//! Clients that disconnect in the middle of a request.

use std::time::Duration;

use futures_util::future::join_all;
use hotrow::scenario::Latency;
use hotrow_registry::Entry;
use hotrow_server::Limits;
use tokio::time::sleep;

use super::{Connection, RunningServer, SLACK, in_time};
use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    app::ExecutionMode,
    ask::Request,
};

/// The part of its request that a client sends before it disconnects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    HalfTheHead,
    Head,
    HalfTheBody,
    All,
    /// All of it, and the answer has begun to arrive.
    AllAndAnswered,
}

/// How a client disconnects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disconnect {
    WithFin,
    WithReset,
}

/// Maximum time before a client disconnects, longer than a command takes, and the number of steps
/// to it.
const STAY_MAX: Duration = Duration::from_millis(6);
const STAYS: u32 = 12;

/// Maximum number of requests that wait for the account: all clients may at once.
const PERMITS_MAX: usize = 512;

/// A disconnect could separate a balance from its history entry, let a repeated command be applied
/// twice, or keep a permit or a connection for ever. Clients disconnect after every part of a
/// request, after times from zero to more than a command takes, with a FIN and with a reset. Some
/// have a key and repeat their command. Then the account must agree with the answers, incomplete
/// requests must have changed nothing, and no request may be waiting.
pub(crate) fn interrupted_requests_leave_the_account_consistent(entry: &Entry) -> CheckResult {
    ExecutionMode::Threads.run(async {
        let latency = match entry.store {
            "simulated" => Latency::Fixed(Duration::from_millis(1)),
            _ => Latency::None,
        };
        let limits = Limits { per_account: PERMITS_MAX, ..Limits::default() };
        let server = RunningServer::open(entry, latency, limits).await;
        let mut log = CommandLog::default();
        let mut wire = server.connect().await;
        log.record(
            100_000,
            CommandResult::from_answer(&wire.call(&Request::charge(1, 100_000)).await),
        );

        let mut clients = Vec::new();
        for sent in
            [Sent::HalfTheHead, Sent::Head, Sent::HalfTheBody, Sent::All, Sent::AllAndAnswered]
        {
            for disconnect in [Disconnect::WithFin, Disconnect::WithReset] {
                for stay in 0..=STAYS {
                    let points = 1 + clients.len() as u64;
                    let stay = STAY_MAX * stay / STAYS;
                    clients.push(Client { points, sent, disconnect, stay });
                }
            }
        }
        let complete = async {
            let mut results = Vec::new();
            let mut wire = server.connect().await;
            for points in 1_001..=1_020 {
                let answer = wire.call(&Request::charge(1, points)).await;
                results.push((points, CommandResult::from_answer(&answer)));
            }
            results
        };
        let all = join_all(clients.iter().map(|client| client.run(&server)));
        let (complete, _) = tokio::join!(complete, all);
        for (points, result) in complete {
            log.record(points.cast_signed(), result);
            ensure(log.is_applied(points.cast_signed()), || format!("{points}: {result:?}"))?;
        }
        wire.wait_for_metric("hotrow_queue_length", 0).await?;
        wire.wait_for_metric("hotrow_connections", 1).await?;

        let early: Vec<i64> = wire.history(1).await.iter().map(|entry| entry.change).collect();
        for client in &clients {
            let change = client.change();
            match client.sent {
                Sent::HalfTheHead | Sent::Head | Sent::HalfTheBody => {
                    log.record(change, CommandResult::Rejected);
                }
                Sent::All | Sent::AllAndAnswered if client.has_key() => {
                    log.record(
                        change,
                        CommandResult::from_answer(&wire.call(&client.request()).await),
                    );
                    ensure(log.is_applied(change), || {
                        format!("{client:?} repeats its command, and it is not applied")
                    })?;
                }
                Sent::All | Sent::AllAndAnswered => {
                    log.record(change, CommandResult::Indeterminate)
                }
            }
            let was_answered = client.sent == Sent::AllAndAnswered;
            ensure(!was_answered || early.contains(&change), || {
                format!("{client:?} is not applied")
            })?;
        }
        let balance = wire.call(&Request::balance(1)).await.point();
        let entries = wire.history(1).await;
        log.check_account(1, balance, &entries)?;
        drop(wire);
        let (served, _) = in_time("the stop", server.stop().ended()).await?;
        let (counted, written) = (served.applied, entries.len() as u64);
        ensure(counted == written, || {
            format!("{counted} commands were counted, and {written} are in the history")
        })
    })
}

/// A client that disconnects.
#[derive(Debug)]
struct Client {
    points: u64,
    sent: Sent,
    disconnect: Disconnect,
    stay: Duration,
}

impl Client {
    fn has_key(&self) -> bool {
        self.points.is_multiple_of(2)
    }

    fn change(&self) -> i64 {
        let points = self.points.cast_signed();
        if self.points.is_multiple_of(3) { -points } else { points }
    }

    fn request(&self) -> Request {
        let request = match self.change() > 0 {
            true => Request::charge(1, self.points),
            false => Request::use_points(1, self.points),
        };
        if self.has_key() { request.key(self.points.to_string()) } else { request }
    }

    async fn run(&self, server: &RunningServer) {
        let bytes = self.request().to_bytes();
        let body = self.request().body.len();
        let head = bytes.len() - body;
        let part = match self.sent {
            Sent::HalfTheHead => head / 2,
            Sent::Head => head,
            Sent::HalfTheBody => head + body / 2,
            Sent::All | Sent::AllAndAnswered => bytes.len(),
        };
        let mut wire: Connection = server.connect().await;
        wire.send(&bytes[..part]).await.expect("the server reads");
        if self.sent == Sent::AllAndAnswered {
            wire.wait_for_answer().await;
        }
        sleep(self.stay).await;
        match self.disconnect {
            Disconnect::WithReset => wire.reset(),
            Disconnect::WithFin => {
                // This fails if the server has answered and closed already.
                let _ = wire.shutdown_write().await;
            }
        }
    }
}

const _: () = assert!(SLACK.as_secs() > STAY_MAX.as_secs());
