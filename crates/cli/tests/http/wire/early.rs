//! Requests that are rejected while their client is still sending them.
//!
//! A socket that is closed with unread bytes is reset, and a reset discards the answer that was
//! sent before it. So each of these clients sends two megabytes before it reads, as most clients
//! do.

use std::time::{Duration, Instant};

use hotrow_server::Limits;

use super::{Connection, IO_TIMEOUT, RunningServer, SLACK, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    answer::Answer,
    app::ExecutionMode,
    ask::Request,
};

/// Repetitions of the most common request: a reset is a race that occurs about every second time.
const REPETITIONS: usize = 50;

/// Repetitions of each of the other requests.
const REPETITIONS_OF_OTHERS: usize = 5;

/// Length of the body behind each head.
const BODY_LEN: usize = 2 << 20;

/// Far more than the server reads from a client that does not stop.
const ENDLESS_LEN: usize = 1 << 30;

const CHARGE: &str = "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\n";
const JSON: &str = "content-type: application/json\r\n";

fn with_length(head: &str) -> Vec<u8> {
    let mut bytes = format!("{head}content-length: {BODY_LEN}\r\n\r\n").into_bytes();
    bytes.resize(bytes.len() + BODY_LEN, b' ');
    bytes
}

fn in_chunks(head: &str) -> Vec<u8> {
    let mut bytes = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    bytes.extend(chunk.repeat(BODY_LEN / 0x4000).into_bytes());
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// Sends all of `bytes` and then reads the answer, which must close the connection.
async fn read_rejection(wire: &mut Connection, bytes: &[u8]) -> Result<Answer, String> {
    let sent = in_time("sending", wire.send(bytes)).await?;
    sent.map_err(|error| format!("sending failed: {error}"))?;
    let answer = in_time("an answer", wire.answer()).await?;
    let answer = answer.map_err(|error| format!("the answer cannot be read: {error}"))?;
    let answer = answer.ok_or_else(|| "closed without an answer".to_owned())?;
    let closes = answer.header(axum::http::header::CONNECTION) == Some("close");
    ensure(closes, || format!("the answer does not close the connection: {}", answer.describe()))?;
    let took = wire.wait_for_close().await;
    ensure(took < SLACK, || format!("the connection closed after {took:?}"))?;
    Ok(answer)
}

/// A client that sends 2 MB used to see a broken pipe instead of a 413 about every second time.
pub(crate) fn a_413_can_be_read_by_a_client_that_is_still_writing() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        let head = format!("{CHARGE}{JSON}");
        for bytes in [with_length(&head), in_chunks(&head)] {
            for time in 1..=REPETITIONS {
                let answer = read_rejection(&mut server.connect().await, &bytes).await;
                let verdict = answer.and_then(|answer| answer.check_problem(413, "body-too-large"));
                verdict.map_err(|found| format!("time {time} of {REPETITIONS}: {found}"))?;
            }
        }
        let balance = server.connect().await.call(&Request::balance(7)).await.point();
        ensure(balance == 0, || format!("the balance is {balance}"))
    })
}

/// Every answer before the end of the body can be followed by a reset: those of other errors, those
/// of success, and those of the parser, which come before there is a request.
pub(crate) fn every_early_answer_can_be_read_by_a_client_that_is_still_writing() -> CheckResult {
    let get = "GET /point/7 HTTP/1.1\r\nhost: test\r\n";
    let cases: [(u16, Vec<u8>); 11] = [
        (200, with_length(get)),
        (404, with_length("PATCH /point/7/refund HTTP/1.1\r\nhost: test\r\n")),
        (405, with_length("POST /point/7/charge HTTP/1.1\r\nhost: test\r\n")),
        (415, with_length(CHARGE)),
        (415, in_chunks(&format!("{CHARGE}content-type: text/plain\r\n"))),
        (400, with_length("PATCH /point/x/charge HTTP/1.1\r\nhost: test\r\n")),
        (400, with_length(&format!("{CHARGE}{JSON}idempotency-key: a b\r\n"))),
        (400, with_length(&format!("PATCH /point/7/charge HTTP/1.1\r\n{JSON}"))),
        (400, with_length(&format!("{CHARGE}{JSON}no header\r\n"))),
        (431, format!("{get}x: {}\r\n\r\n", "x".repeat(BODY_LEN)).into_bytes()),
        (431, format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(BODY_LEN)).into_bytes()),
    ];
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        for (status, bytes) in &cases {
            for time in 1..=REPETITIONS_OF_OTHERS {
                let start = String::from_utf8_lossy(&bytes[..80]).replace("\r\n", " | ");
                let answer = read_rejection(&mut server.connect().await, bytes).await;
                let verdict = answer.and_then(|answer| {
                    ensure(answer.status == *status, || {
                        format!("not {status}: {}", answer.describe())
                    })
                });
                verdict.map_err(|found| format!("{start}, time {time}: {found}"))?;
            }
        }
        Ok(())
    })
}

/// A connection past the limit is rejected before it has sent anything, and then sends two
/// megabytes.
pub(crate) fn a_rejected_connection_can_read_its_answer_while_writing() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits { connections: 1, ..Limits::default() }).await;
        let mut accepted = server.connect().await;
        ensure(accepted.call(&Request::balance(7)).await.is_ok(), || {
            "the connection was rejected".to_owned()
        })?;
        for time in 1..=REPETITIONS_OF_OTHERS {
            let mut rejected = server.connect().await;
            let bytes = with_length(&format!("{CHARGE}{JSON}"));
            let answer = read_rejection(&mut rejected, &bytes).await;
            let answer = answer.map_err(|found| format!("time {time}: {found}"))?;
            ensure(answer.status == 503, || answer.describe())?;
        }
        Ok(())
    })
}

/// A declared length is known before the first byte of the body. A client that waits for `100
/// Continue` gets the rejection instead, and the server does not wait for a client that sends
/// nothing.
pub(crate) fn a_too_large_length_is_rejected_before_the_body() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        for expect in ["", "expect: 100-continue\r\n"] {
            let head = format!("{CHARGE}{JSON}{expect}content-length: 20000\r\n\r\n");
            let began = Instant::now();
            let mut wire = server.connect().await;
            wire.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
            let answer = in_time("an answer", wire.answer()).await?;
            let answer =
                answer.map_err(|error| error.to_string())?.ok_or("closed without an answer")?;
            answer
                .check_problem(413, "body-too-large")
                .map_err(|found| format!("{head}: {found}"))?;
            let took = began.elapsed();
            ensure(took < Duration::from_secs(2), || format!("{head}: after {took:?}"))?;
        }
        Ok(())
    })
}

/// Reading after a rejection could keep a connection for ever, whether the client never stops
/// sending or sends nothing.
pub(crate) fn reading_after_a_rejection_is_bounded() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server =
            RunningServer::in_memory(Limits { io_timeout: IO_TIMEOUT, ..Limits::default() }).await;
        let head = format!("{CHARGE}{JSON}content-length: {ENDLESS_LEN}\r\n\r\n");
        let mut silent = server.connect().await;
        silent.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut watcher = server.connect().await;
        watcher.wait_for_metric("hotrow_connections", 1).await?;

        let mut endless = server.connect().await;
        endless.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        let (piece, began) = (vec![b' '; 1 << 16], Instant::now());
        let mut sent = 0;
        while sent < ENDLESS_LEN && endless.send(&piece).await.is_ok() {
            sent += piece.len();
        }
        let took = began.elapsed();
        ensure(sent < ENDLESS_LEN && took < SLACK, || format!("{sent} bytes in {took:?}"))?;
        watcher.wait_for_metric("hotrow_connections", 1).await
    })
}

/// A rejected small request, whose body arrived with its head, keeps its connection.
pub(crate) fn a_small_rejected_request_keeps_its_connection() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        let mut wire = server.connect().await;
        for _ in 0..3 {
            let form = Request::new("PATCH", "/point/7/charge").body("amount=5");
            wire.call(&form).await.check_problem(415, "unsupported-media-type")?;
            wire.call(&Request::new("POST", "/point/7/charge").body("5")).await;
            wire.call(&Request::change("/point/7/refund", "5"))
                .await
                .check_problem(404, "not-found")?;
        }
        let answer = wire.call(&Request::charge(7, 5)).await;
        ensure(answer.is_ok() && answer.point() == 5, || answer.describe())
    })
}
