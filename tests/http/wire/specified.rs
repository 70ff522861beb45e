//! HTTP/1.1 as RFC 9110 and RFC 9112 specify it, where a stack leaves it to the service.

use std::time::Duration;

use axum::http::header;
use hotrow::http::Limits;
use tokio::time::sleep;

use super::{Serving, Wire, soon};
use crate::{
    answer::Answer,
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

async fn sent(wire: &mut Wire, text: &str) -> Result<Answer, String> {
    wire.send(text.as_bytes()).await.map_err(|error| format!("not read: {error}"))?;
    let answer = soon(text, wire.answer()).await?;
    answer.map_err(|error| format!("broken: {error}"))?.ok_or("closed without an answer".to_owned())
}

/// RFC 9112, section 3.2: a request without a Host, with two, or with one that is no host is 400. A
/// service that passes over it answers requests that a proxy before it sends elsewhere.
pub(crate) fn a_request_names_one_host() -> Found {
    let refused = [
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
    let accepted = [
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
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        let mut wire = serving.connect().await;
        for hosts in refused {
            for (call, body) in [("GET /point/7", ""), ("PATCH /point/7/charge", "5")] {
                let length = body.len();
                let text = format!(
                    "{call} HTTP/1.1\r\n{hosts}content-type: application/json\r\n\
                     content-length: {length}\r\n\r\n{body}"
                );
                let verdict = sent(&mut wire, &text).await?.is_problem(400, "invalid-host");
                verdict.map_err(|found| format!("{hosts:?}: {found}"))?;
            }
        }
        for hosts in accepted {
            let answer = sent(&mut wire, &format!("GET /point/7 HTTP/1.1\r\n{hosts}\r\n")).await?;
            let fits = answer.is_ok() && answer.point() == 0;
            ensure(fits, || format!("{hosts:?}: {}", answer.shown()))?;
        }
        // Before HTTP/1.1 there was no Host.
        let mut old = serving.connect().await;
        let answer = sent(&mut old, "GET /point/7 HTTP/1.0\r\n\r\n").await?;
        ensure(answer.is_ok(), || answer.shown())?;
        let mut old = serving.connect().await;
        let two = "GET /point/7 HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n";
        sent(&mut old, two).await?.is_problem(400, "invalid-host")
    })
}

/// A client that reuses a connection at the moment at which the server closes it loses a request. The
/// header says how long the connection is kept at least, and it is.
pub(crate) fn the_idle_time_is_stated_and_kept() -> Found {
    Stage::Threads.run(async {
        let limits = Limits { patience: Duration::from_secs(3), ..Limits::default() };
        let serving = Serving::quick(limits).await;
        let mut wire = serving.connect().await;
        for ask in [Ask::balance(7), Ask::charge(7, 1), Ask::get("/nothing")] {
            let answer = wire.ask(&ask).await;
            let verdict = answer.header(header::CONNECTION) == Some("keep-alive")
                && answer.header(KEEP_ALIVE) == Some("timeout=2");
            ensure(verdict, || answer.shown())?;
        }
        sleep(Duration::from_secs(2)).await;
        let answer = wire.ask(&Ask::balance(7)).await;
        ensure(answer.is_ok(), || answer.shown())?;

        // A connection that is not kept states nothing.
        let last = "GET /point/7 HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        let answer = sent(&mut wire, last).await?;
        let fits = answer.is_ok()
            && answer.header(header::CONNECTION) == Some("close")
            && answer.header(KEEP_ALIVE).is_none();
        ensure(fits, || answer.shown())?;
        let mut old = serving.connect().await;
        let answer = sent(&mut old, "GET /point/7 HTTP/1.0\r\n\r\n").await?;
        ensure(answer.header(KEEP_ALIVE).is_none(), || answer.shown())
    })
}

const KEEP_ALIVE: header::HeaderName = header::HeaderName::from_static("keep-alive");

/// `OPTIONS *` asks about the server itself, and is how some load balancers see whether it lives.
pub(crate) fn the_server_itself_is_asked_for_its_options() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        let mut wire = serving.connect().await;
        let answer = sent(&mut wire, "OPTIONS * HTTP/1.1\r\nhost: test\r\n\r\n").await?;
        let fits = answer.status == 204
            && answer.body.is_empty()
            && answer.header(header::ALLOW) == Some("GET,HEAD,OPTIONS,PATCH");
        ensure(fits, || answer.shown())
    })
}
