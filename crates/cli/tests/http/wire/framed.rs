//! The framing of requests: valid, and malformed.

use futures_util::future::join_all;
use hotrow_server::Limits;

use super::{Connection, IO_TIMEOUT, RunningServer, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    answer::Answer,
    app::ExecutionMode,
    ask::Request,
};

/// The head of a charge, up to its content length.
const HEAD: &str =
    "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";

async fn server() -> RunningServer {
    RunningServer::in_memory(Limits { io_timeout: IO_TIMEOUT, ..Limits::default() }).await
}

async fn exchange(wire: &mut Connection, text: &str) -> Result<Answer, String> {
    wire.send(text.as_bytes()).await.map_err(|error| format!("sending failed: {error}"))?;
    let answer = in_time("an answer", wire.answer()).await?;
    answer
        .map_err(|error| format!("reading failed: {error}"))?
        .ok_or("closed without an answer".to_owned())
}

/// A client that waits for `100 Continue` could wait for ever. A client whose head is rejected need
/// not send its body.
pub(crate) fn expect_100_continue_is_answered() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = server().await;
        let mut wire = server.connect().await;
        let head = format!("{HEAD}content-length: 3\r\nexpect: 100-continue\r\n\r\n");
        let interim = exchange(&mut wire, &head).await?;
        ensure(interim.status == 100, || interim.describe())?;
        let answer = exchange(&mut wire, "500").await?;
        ensure(answer.is_ok() && answer.point() == 500, || answer.describe())?;

        let head = head.replace("application/json", "text/plain");
        exchange(&mut wire, &head).await?.check_problem(415, "unsupported-media-type")
    })
}

/// A chunked body declares no length: it could be read without a bound, or end early.
pub(crate) fn a_chunked_body_is_read_and_bounded() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = server().await;
        let mut wire = server.connect().await;
        let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
        let body = "1\r\n{\r\nB;x=y\r\n\"amount\":50\r\n2\r\n0}\r\n0\r\nx: y\r\n\r\n";
        let answer = exchange(&mut wire, &format!("{head}{body}")).await?;
        ensure(answer.is_ok() && answer.point() == 500, || answer.describe())?;

        let chunk = format!("400\r\n{}\r\n", " ".repeat(1_024));
        let largest = format!(
            "{head}{}3FF\r\n{}\r\n1\r\n5\r\n0\r\n\r\n",
            chunk.repeat(15),
            " ".repeat(1_023)
        );
        let answer = exchange(&mut wire, &largest).await?;
        ensure(answer.is_ok() && answer.point() == 505, || answer.describe())?;
        let larger = format!("{head}{}1\r\n5\r\n0\r\n\r\n", chunk.repeat(16));
        exchange(&mut wire, &larger).await?.check_problem(413, "body-too-large")?;

        let mut wire = server.connect().await;
        let broken = exchange(&mut wire, &format!("{head}1\r\n5\r\nxyzzy\r\n")).await?;
        broken.check_problem(400, "invalid-body")?;
        in_time("the close of a broken connection", wire.wait_for_close()).await?;
        let balance = server.connect().await.call(&Request::balance(7)).await.point();
        ensure(balance == 505, || format!("the balance is {balance}"))
    })
}

/// A reset would discard the answer to a client that sends too much: it would see a broken
/// connection, and send everything again.
pub(crate) fn a_client_that_sends_too_much_gets_a_413() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = server().await;
        for megabytes in [1, 4] {
            let body = " ".repeat(megabytes << 20);
            let mut wire = server.connect().await;
            let request = Request::change("/point/7/charge", body).to_bytes();
            // The connection may close during the write; the answer must arrive in any case.
            let _ = in_time("sending", wire.send(&request)).await?;
            let answer = in_time("an answer", wire.answer()).await?;
            let answer = answer.map_err(|error| format!("{megabytes} MB: {error}"))?;
            answer.ok_or("closed without an answer")?.check_problem(413, "body-too-large")?;
        }
        Ok(())
    })
}

/// Malformed HTTP could stop the server, be executed as a charge, or hide a second request from a
/// proxy in front of the service. It is rejected, its connection is closed, and it changes nothing.
pub(crate) fn malformed_http_does_nothing() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = server().await;
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
        for checked in join_all(calls.iter().map(|call| check_rejected(&server, call))).await {
            checked?;
        }
        let mut wire = server.connect().await;
        let account = wire.call(&Request::balance(7)).await;
        ensure(account.point() == 0, || {
            format!("the account has changed: {}", account.describe())
        })?;
        wire.wait_for_metric("hotrow_connections", 1).await
    })
}

/// Sends a malformed request and reads until the server closes. Every answer must be a rejection.
async fn check_rejected(server: &RunningServer, call: &str) -> CheckResult {
    let shown: String = call.chars().take(120).collect();
    let mut wire = server.connect().await;
    // This may fail if the server closes before it has read everything.
    let _ = wire.send(call.as_bytes()).await;
    while let Ok(Some(answer)) = in_time(&shown, wire.answer()).await? {
        let is_rejection = (400..500).contains(&answer.status) || answer.status == 505;
        ensure(is_rejection, || format!("{shown:?}: {}", answer.describe()))?;
        let text = format!("{:?}{}", answer.headers, answer.text());
        ensure(!text.contains("xyzzy"), || format!("{shown:?}: {}", answer.describe()))?;
    }
    Ok(())
}
