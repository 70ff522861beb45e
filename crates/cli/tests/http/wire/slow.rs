//! Slow clients.

use std::time::{Duration, Instant};

use hotrow_server::Limits;
use tokio::time::sleep;

use super::{Connection, IO_TIMEOUT, RunningServer, SLACK, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    app::ExecutionMode,
    ask::Request,
};

/// Time between the bytes of a client that sends one byte at a time.
const BETWEEN_BYTES: Duration = Duration::from_millis(20);

fn short_limits() -> Limits {
    Limits { io_timeout: IO_TIMEOUT, ..Limits::default() }
}

/// A client that sends nothing, half a head, or a byte at a time could keep its connection for
/// ever, and a few thousand of them could block the service. Each connection is closed when the
/// time-out is over and not before. The time-out is for the whole head; a byte does not restart it.
pub(crate) fn a_slow_head_closes_the_connection() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(short_limits()).await;
        let (silent, half, bytewise, idle) = tokio::join!(
            async { server.connect().await.wait_for_close().await },
            async {
                let mut wire = server.connect().await;
                wire.send(b"GET /point/7 HTTP/1.1\r\nhost").await.expect("the server reads");
                wire.wait_for_close().await
            },
            async {
                let began = Instant::now();
                let mut wire = server.connect().await;
                // A head that never ends.
                wire.send(b"GET /point/7 HTTP/1.1\r\nx: ").await.expect("the server reads");
                while began.elapsed() < SLACK && wire.send(b"x").await.is_ok() {
                    sleep(BETWEEN_BYTES).await;
                }
                began.elapsed()
            },
            async {
                let mut wire = server.connect().await;
                assert!(wire.call(&Request::balance(7)).await.is_ok());
                wire.wait_for_close().await
            },
        );
        for (client, took) in
            [("silent", silent), ("half a head", half), ("bytewise", bytewise), ("idle", idle)]
        {
            let in_time = IO_TIMEOUT.mul_f64(0.9) < took && took < SLACK;
            ensure(in_time, || format!("{client}: closed after {took:?}"))?;
        }
        let mut wire = server.connect().await;
        ensure(wire.call(&Request::balance(7)).await.is_ok(), || {
            "the server does not answer".to_owned()
        })?;
        wire.wait_for_metric("hotrow_connections", 1).await
    })
}

/// A body that arrives a byte at a time could keep a request for ever, or be truncated, as `5` of
/// `500`. The client gets a 408, and the connection is closed.
pub(crate) fn a_slow_body_gets_a_408() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(short_limits()).await;
        let mut wire = server.connect().await;
        let began = Instant::now();
        let head = "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\n\
            content-type: application/json\r\ncontent-length: 1000\r\n\r\n";
        wire.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        while began.elapsed() < IO_TIMEOUT.mul_f64(0.8) {
            wire.send(b"5").await.map_err(|error| format!("closed early: {error}"))?;
            sleep(BETWEEN_BYTES).await;
        }
        let answer = in_time("a slow body", wire.answer()).await?;
        let answer =
            answer.map_err(|error| error.to_string())?.ok_or("closed without an answer")?;
        answer.check_problem(408, "body-too-slow")?;
        let took = began.elapsed();
        ensure(IO_TIMEOUT <= took && took < SLACK, || format!("answered after {took:?}"))?;
        in_time("the close of the connection", wire.wait_for_close()).await?;
        let mut wire = server.connect().await;
        let balance = wire.call(&Request::balance(7)).await.point();
        ensure(balance == 0, || format!("half a body charged {balance}"))
    })
}

/// A client that never reads its answers could fill the memory of the server, and keep its
/// connection for ever. It requests more than the buffers can hold, and reads nothing.
pub(crate) fn a_client_that_does_not_read_is_disconnected() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(short_limits()).await;
        let mut wire = server.connect().await;
        for points in 1..=1_000 {
            let answer = wire.call(&Request::charge(7, points)).await;
            ensure(answer.is_ok(), || answer.describe())?;
        }
        let mut silent_reader = server.connect().await;
        let request = Request::get("/point/7/histories").to_bytes();
        let began = Instant::now();
        // About 300 megabytes of answers.
        let flood = async {
            for _ in 0..4_000 {
                if silent_reader.send(&request).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let others = async {
            wire.wait_for_metric("hotrow_connections", 2).await?;
            wire.wait_for_metric("hotrow_connections", 1).await
        };
        let (flood, others): (CheckResult, CheckResult) = tokio::join!(flood, others);
        flood.and(others)?;
        let took = began.elapsed();
        ensure(IO_TIMEOUT <= took, || format!("closed after {took:?}"))
    })
}

/// Pipelined requests could be answered in another order, or with the answers of other requests.
/// Each answer must have the sum so far.
pub(crate) fn pipelined_requests_are_answered_in_order() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let simulated = super::entry("queue", "simulated");
        let latency = hotrow::scenario::Latency::Fixed(Duration::from_millis(1));
        for server in [
            RunningServer::in_memory(short_limits()).await,
            RunningServer::open(simulated, latency, short_limits()).await,
        ] {
            let mut wire: Connection = server.connect().await;
            let requests: Vec<u8> =
                (1..=30).flat_map(|points| Request::charge(7, points).to_bytes()).collect();
            wire.send(&requests).await.map_err(|error| error.to_string())?;
            let mut sum = 0;
            for points in 1..=30 {
                sum += points;
                let answer = in_time("an answer", wire.answer()).await?;
                let answer =
                    answer.map_err(|error| error.to_string())?.ok_or("closed without an answer")?;
                ensure(answer.is_ok() && answer.point() == sum, || {
                    format!("charge {points} leaves {sum}, and is answered {}", answer.describe())
                })?;
            }
        }
        Ok(())
    })
}
