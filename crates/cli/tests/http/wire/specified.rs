//! Parts of RFC 9110 and RFC 9112 that the HTTP stack leaves to the service.

use std::time::Duration;

use axum::http::header;
use hotrow_server::Limits;
use tokio::time::sleep;

use super::{Connection, RunningServer, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    answer::Answer,
    app::ExecutionMode,
    ask::Request,
};

async fn exchange(wire: &mut Connection, text: &str) -> Result<Answer, String> {
    wire.send(text.as_bytes()).await.map_err(|error| format!("sending failed: {error}"))?;
    let answer = in_time(text, wire.answer()).await?;
    answer
        .map_err(|error| format!("reading failed: {error}"))?
        .ok_or("closed without an answer".to_owned())
}

/// RFC 9112, section 3.2: a request with no Host, with two, or with an invalid one is answered 400.
/// A service that ignored this would answer requests that a proxy in front of it routes elsewhere.
pub(crate) fn a_request_must_name_one_host() -> CheckResult {
    let invalid = [
        "",
        "host:\r\n",
        "host: \r\n",
        "host: a\r\nhost: a\r\n",
        "host: a\r\nhost: b\r\n",
        "host: a b\r\n",
        "host: a, b\r\n",
        "host: a/b\r\n",
        "host: http://a\r\n",
        "host: user@a\r\n",
        "host: a:b\r\n",
        "host: a:99999999\r\n",
        "host: a:1:2\r\n",
        "host: :80\r\n",
        "host: [::1\r\n",
        "host: ::1\r\n",
        "host: a\"b\r\n",
        "host: a\\b\r\n",
        "host: a%zz\r\n",
        "host: a\u{e9}\r\n",
    ];
    let valid = [
        "host: localhost\r\n",
        "Host: localhost:8080\r\n",
        "HOST:127.0.0.1:1\r\n",
        "host: [::1]:8080\r\n",
        "host: [::1]\r\n",
        "host: my_host.example\r\n",
        "host: a-b.example.\r\n",
        "host: a:\r\n",
        "host: a!b\r\n",
    ];
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        let mut wire = server.connect().await;
        for hosts in invalid {
            for (call, body) in [("GET /point/7", ""), ("PATCH /point/7/charge", "5")] {
                let length = body.len();
                let text = format!(
                    "{call} HTTP/1.1\r\n{hosts}content-type: application/json\r\n\
                     content-length: {length}\r\n\r\n{body}"
                );
                let verdict = exchange(&mut wire, &text).await?.check_problem(400, "invalid-host");
                verdict.map_err(|found| format!("{hosts:?}: {found}"))?;
            }
        }
        for hosts in valid {
            let answer =
                exchange(&mut wire, &format!("GET /point/7 HTTP/1.1\r\n{hosts}\r\n")).await?;
            let fits = answer.is_ok() && answer.point() == 0;
            ensure(fits, || format!("{hosts:?}: {}", answer.describe()))?;
        }
        // HTTP/1.0 requires no Host.
        let mut old = server.connect().await;
        let answer = exchange(&mut old, "GET /point/7 HTTP/1.0\r\n\r\n").await?;
        ensure(answer.is_ok(), || answer.describe())?;
        let mut old = server.connect().await;
        let two = "GET /point/7 HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n";
        exchange(&mut old, two).await?.check_problem(400, "invalid-host")
    })
}

/// A client loses a request if it reuses a connection at the moment at which the server closes it.
/// The header states how long the connection is kept, and the server keeps it at least that long.
pub(crate) fn the_keep_alive_timeout_is_stated_and_kept() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let limits = Limits { io_timeout: Duration::from_secs(3), ..Limits::default() };
        let server = RunningServer::in_memory(limits).await;
        let mut wire = server.connect().await;
        for request in [Request::balance(7), Request::charge(7, 1), Request::get("/nothing")] {
            let answer = wire.call(&request).await;
            let verdict = answer.header(header::CONNECTION) == Some("keep-alive")
                && answer.header(KEEP_ALIVE) == Some("timeout=2");
            ensure(verdict, || answer.describe())?;
        }
        sleep(Duration::from_secs(2)).await;
        let answer = wire.call(&Request::balance(7)).await;
        ensure(answer.is_ok(), || answer.describe())?;

        // A connection that is not kept has no Keep-Alive header.
        let last = "GET /point/7 HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        let answer = exchange(&mut wire, last).await?;
        let fits = answer.is_ok()
            && answer.header(header::CONNECTION) == Some("close")
            && answer.header(KEEP_ALIVE).is_none();
        ensure(fits, || answer.describe())?;
        let mut old = server.connect().await;
        let answer = exchange(&mut old, "GET /point/7 HTTP/1.0\r\n\r\n").await?;
        ensure(answer.header(KEEP_ALIVE).is_none(), || answer.describe())
    })
}

const KEEP_ALIVE: header::HeaderName = header::HeaderName::from_static("keep-alive");

/// `OPTIONS *` concerns the server itself; some load balancers use it as a health check.
pub(crate) fn options_asterisk_lists_the_methods() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        let mut wire = server.connect().await;
        let answer = exchange(&mut wire, "OPTIONS * HTTP/1.1\r\nhost: test\r\n\r\n").await?;
        let fits = answer.status == 204
            && answer.body.is_empty()
            && answer.header(header::ALLOW) == Some("GET,HEAD,OPTIONS,PATCH");
        ensure(fits, || answer.describe())
    })
}
