//! How a request is cut into bytes, rightly and wrongly.

use futures_util::future::join_all;
use hotrow::http::Limits;

use super::{PATIENCE, Serving, Wire, soon};
use crate::{
    answer::Answer,
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

/// The head of a charge, up to where it says how long it is.
const HEAD: &str =
    "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";

async fn server() -> Serving {
    Serving::quick(Limits { patience: PATIENCE, ..Limits::default() }).await
}

async fn sent(wire: &mut Wire, text: &str) -> Result<Answer, String> {
    wire.send(text.as_bytes()).await.map_err(|error| format!("not read: {error}"))?;
    let answer = soon("an answer", wire.answer()).await?;
    answer.map_err(|error| format!("broken: {error}"))?.ok_or("closed without an answer".to_owned())
}

/// A client that waits to be told to send its body could wait for ever; one whose head is refused
/// already need not send it at all.
pub(crate) fn a_body_is_sent_when_it_is_asked_for() -> Found {
    Stage::Threads.run(async {
        let serving = server().await;
        let mut wire = serving.connect().await;
        let head = format!("{HEAD}content-length: 3\r\nexpect: 100-continue\r\n\r\n");
        let go_on = sent(&mut wire, &head).await?;
        ensure(go_on.status == 100, || go_on.shown())?;
        let answer = sent(&mut wire, "500").await?;
        ensure(answer.is_ok() && answer.point() == 500, || answer.shown())?;

        let head = head.replace("application/json", "text/plain");
        sent(&mut wire, &head).await?.is_problem(415, "unsupported-media-type")
    })
}

/// A body in chunks has no length to be judged by: it could be read without end, or end early.
pub(crate) fn a_body_in_chunks_is_read_and_bounded() -> Found {
    Stage::Threads.run(async {
        let serving = server().await;
        let mut wire = serving.connect().await;
        let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
        let body = "1\r\n{\r\nB;x=y\r\n\"amount\":50\r\n2\r\n0}\r\n0\r\nx: y\r\n\r\n";
        let answer = sent(&mut wire, &format!("{head}{body}")).await?;
        ensure(answer.is_ok() && answer.point() == 500, || answer.shown())?;

        let chunk = format!("400\r\n{}\r\n", " ".repeat(1_024));
        let largest = format!(
            "{head}{}3FF\r\n{}\r\n1\r\n5\r\n0\r\n\r\n",
            chunk.repeat(15),
            " ".repeat(1_023)
        );
        let answer = sent(&mut wire, &largest).await?;
        ensure(answer.is_ok() && answer.point() == 505, || answer.shown())?;
        let larger = format!("{head}{}1\r\n5\r\n0\r\n\r\n", chunk.repeat(16));
        sent(&mut wire, &larger).await?.is_problem(413, "body-too-large")?;

        let mut wire = serving.connect().await;
        let broken = sent(&mut wire, &format!("{head}1\r\n5\r\nxyzzy\r\n")).await?;
        broken.is_problem(400, "invalid-body")?;
        soon("the end of a broken connection", wire.closed()).await?;
        let balance = serving.connect().await.ask(&Ask::balance(7)).await.point();
        ensure(balance == 505, || format!("the balance is {balance}"))
    })
}

/// A client with far too much to say could be cut off by a reset, which takes back what it was told:
/// it would see a broken connection, and send it all again.
pub(crate) fn who_sends_far_too_much_learns_why() -> Found {
    Stage::Threads.run(async {
        let serving = server().await;
        for megabytes in [1, 4] {
            let body = " ".repeat(megabytes << 20);
            let mut wire = serving.connect().await;
            let ask = Ask::change("/point/7/charge", body).bytes();
            // It may be cut off while it still sends; what it was told is what counts.
            let _ = soon("sending", wire.send(&ask)).await?;
            let answer = soon("an answer", wire.answer()).await?;
            let answer = answer.map_err(|error| format!("{megabytes} MB: {error}"))?;
            answer.ok_or("closed without an answer")?.is_problem(413, "body-too-large")?;
        }
        Ok(())
    })
}

/// What is no HTTP could bring the server down, be taken for a charge, or hide a second request
/// from whoever stands before the service. It is refused and its connection closed, and nothing of it
/// is done.
pub(crate) fn what_is_no_request_does_nothing() -> Found {
    Stage::Threads.run(async {
        let serving = server().await;
        let hidden = "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\n\
            content-type: application/json\r\ncontent-length: 1\r\n\r\n5";
        let calls = [
            "\r\n\r\n\r\n\r\nxyzzy\r\n\r\n".to_owned(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            "GET /point/7\r\n\r\n".to_owned(),
            "GET /point/7 HTTP/9.9\r\n\r\n".to_owned(),
            "GET /point/7 8 HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
            "GET /point/7\0 HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
            "GET http:// HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
            "G(T /point/7 HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
            "GET /point/7 HTTP/1.1\r\nhost test\r\n\r\n".to_owned(),
            "GET /point/7 HTTP/1.1\r\nhost: te\0st\r\n\r\n".to_owned(),
            "GET /point/7 HTTP/1.1\r\n: test\r\n\r\n".to_owned(),
            "GET /point/7 HTTP/1.1\r\nho st: test\r\n\r\n".to_owned(),
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)),
            format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(70_000)),
            format!("GET / HTTP/1.1\r\n{}\r\n", "x: x\r\n".repeat(2_000)),
            format!("{HEAD}content-length: -1\r\n\r\n5"),
            format!("{HEAD}content-length: 1x\r\n\r\n5"),
            format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n5 "),
            format!("{HEAD}content-length: 99999999999999999999999\r\n\r\n5"),
            format!("{HEAD}transfer-encoding: xyzzy\r\n\r\n5"),
            format!("{HEAD}transfer-encoding: chunked, gzip\r\n\r\n1\r\n5\r\n0\r\n\r\n"),
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n-1\r\n5\r\n0\r\n\r\n"),
            format!("{HEAD}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n5\r\n0\r\n\r\n"),
            format!("{HEAD}content-length: 9\r\n\r\n5\n{hidden}"),
        ];
        for refused in join_all(calls.iter().map(|call| refused(&serving, call))).await {
            refused?;
        }
        let mut wire = serving.connect().await;
        let account = wire.ask(&Ask::balance(7)).await;
        ensure(account.point() == 0, || format!("something was done: {}", account.shown()))?;
        wire.until("hotrow_connections", 1).await
    })
}

/// Sends what is no request, and reads on until the server closes: whatever it says must be a refusal.
async fn refused(serving: &Serving, call: &str) -> Found {
    let shown: String = call.chars().take(120).collect();
    let mut wire = serving.connect().await;
    // A server that closes before it has read all may be quicker than this.
    let _ = wire.send(call.as_bytes()).await;
    while let Ok(Some(answer)) = soon(&shown, wire.answer()).await? {
        let refused = (400..500).contains(&answer.status) || answer.status == 505;
        ensure(refused, || format!("{shown:?}: {}", answer.shown()))?;
        let told = format!("{:?}{}", answer.headers, answer.text());
        ensure(!told.contains("xyzzy"), || format!("{shown:?}: {}", answer.shown()))?;
    }
    Ok(())
}
