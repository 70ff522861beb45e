//! Requests that are refused while their client is still sending them.
//!
//! A socket that is closed with bytes unread is reset, and a reset takes back the answer that was sent
//! before it. So each of these clients sends two megabytes before it reads, as most clients do.

use std::time::{Duration, Instant};

use hotrow::http::Limits;

use super::{PATIENCE, SLACK, Serving, Wire, soon};
use crate::{
    answer::Answer,
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

/// How often the most common of them is tried: a reset is a race, and is seen every second time.
const TIMES: usize = 50;

/// How often each of the others is tried.
const TIMES_OF_OTHERS: usize = 5;

/// What is sent behind each head.
const BODY_LEN: usize = 2 << 20;

/// Far more than is read of a client that does not stop.
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

/// Sends all of `bytes` before it reads the answer, which must say that the connection ends.
async fn refused(wire: &mut Wire, bytes: &[u8]) -> Result<Answer, String> {
    let sent = soon("sending", wire.send(bytes)).await?;
    sent.map_err(|error| format!("the pipe broke while sending: {error}"))?;
    let answer = soon("an answer", wire.answer()).await?;
    let answer = answer.map_err(|error| format!("the answer cannot be read: {error}"))?;
    let answer = answer.ok_or_else(|| "closed without an answer".to_owned())?;
    let closes = answer.header(axum::http::header::CONNECTION) == Some("close");
    ensure(closes, || format!("it does not say that it closes: {}", answer.shown()))?;
    let took = wire.closed().await;
    ensure(took < SLACK, || format!("closed after {took:?}"))?;
    Ok(answer)
}

/// A client that sends 2 MB used to see a broken pipe instead of 413 about every second time.
pub(crate) fn a_body_too_large_is_explained_to_a_client_that_still_writes() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        let head = format!("{CHARGE}{JSON}");
        for bytes in [with_length(&head), in_chunks(&head)] {
            for time in 1..=TIMES {
                let answer = refused(&mut serving.connect().await, &bytes).await;
                let verdict = answer.and_then(|answer| answer.is_problem(413, "body-too-large"));
                verdict.map_err(|found| format!("time {time} of {TIMES}: {found}"))?;
            }
        }
        let balance = serving.connect().await.ask(&Ask::balance(7)).await.point();
        ensure(balance == 0, || format!("the balance is {balance}"))
    })
}

/// The reset is not of the body's size alone: every answer that is sent before the body was read has
/// it, also one of success, and those of the parser, which come before there is a request.
pub(crate) fn every_early_answer_can_be_read_by_a_client_that_still_writes() -> Found {
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
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        for (status, bytes) in &cases {
            for time in 1..=TIMES_OF_OTHERS {
                let start = String::from_utf8_lossy(&bytes[..80]).replace("\r\n", " | ");
                let answer = refused(&mut serving.connect().await, bytes).await;
                let verdict = answer.and_then(|answer| {
                    ensure(answer.status == *status, || format!("not {status}: {}", answer.shown()))
                });
                verdict.map_err(|found| format!("{start}, time {time}: {found}"))?;
            }
        }
        Ok(())
    })
}

/// A connection too many is refused before it has sent anything, and then sends it all.
pub(crate) fn a_connection_too_many_can_read_why_while_it_still_writes() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits { connections: 1, ..Limits::default() }).await;
        let mut inside = serving.connect().await;
        ensure(inside.ask(&Ask::balance(7)).await.is_ok(), || "not let in".to_owned())?;
        for time in 1..=TIMES_OF_OTHERS {
            let mut outside = serving.connect().await;
            let bytes = with_length(&format!("{CHARGE}{JSON}"));
            let answer = refused(&mut outside, &bytes).await;
            let answer = answer.map_err(|found| format!("time {time}: {found}"))?;
            ensure(answer.status == 503, || answer.shown())?;
        }
        Ok(())
    })
}

/// A length that is declared is known before the first byte of the body: a client that waits for
/// leave to send it is refused in place of it, and one that sends nothing is not waited for.
pub(crate) fn a_length_too_large_is_refused_before_the_body() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        for expect in ["", "expect: 100-continue\r\n"] {
            let head = format!("{CHARGE}{JSON}{expect}content-length: 20000\r\n\r\n");
            let began = Instant::now();
            let mut wire = serving.connect().await;
            wire.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
            let answer = soon("an answer", wire.answer()).await?;
            let answer = answer.map_err(|error| error.to_string())?.ok_or("it is closed")?;
            answer.is_problem(413, "body-too-large").map_err(|found| format!("{head}: {found}"))?;
            let took = began.elapsed();
            ensure(took < Duration::from_secs(2), || format!("{head}: after {took:?}"))?;
        }
        Ok(())
    })
}

/// To read what a client still sends could keep a connection for ever, whether the client sends
/// without end or not at all.
pub(crate) fn what_is_read_after_a_refusal_is_bounded() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits { patience: PATIENCE, ..Limits::default() }).await;
        let head = format!("{CHARGE}{JSON}content-length: {ENDLESS_LEN}\r\n\r\n");
        let mut silent = serving.connect().await;
        silent.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut watcher = serving.connect().await;
        watcher.until("hotrow_connections", 1).await?;

        let mut endless = serving.connect().await;
        endless.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        let (piece, began) = (vec![b' '; 1 << 16], Instant::now());
        let mut sent = 0;
        while sent < ENDLESS_LEN && endless.send(&piece).await.is_ok() {
            sent += piece.len();
        }
        let took = began.elapsed();
        ensure(sent < ENDLESS_LEN && took < SLACK, || format!("{sent} bytes in {took:?}"))?;
        watcher.until("hotrow_connections", 1).await
    })
}

/// A refusal of a small request, whose body came with its head, costs no connection.
pub(crate) fn a_small_request_that_is_refused_keeps_its_connection() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        let mut wire = serving.connect().await;
        for _ in 0..3 {
            let form = Ask::plain("PATCH", "/point/7/charge").body("amount=5");
            wire.ask(&form).await.is_problem(415, "unsupported-media-type")?;
            wire.ask(&Ask::plain("POST", "/point/7/charge").body("5")).await;
            wire.ask(&Ask::change("/point/7/refund", "5")).await.is_problem(404, "not-found")?;
        }
        let answer = wire.ask(&Ask::charge(7, 5)).await;
        ensure(answer.is_ok() && answer.point() == 5, || answer.shown())
    })
}
