//! The servers for comparison: constant answers on hyper, axum and Node, charges on Node, and the
//! point service over the strategy `noop`.
//!
//! A server with a constant answer ("hello") uses the common API of its library and omits nothing
//! that clients need: keep-alive, no delay for small answers, and a body of the same length as that
//! of the point service. Each one except Node is this program in another process, on the runtime of
//! `hotrow serve`.

use std::{
    env,
    future::pending,
    io,
    process::{Command, ExitCode},
};

use axum::{Router, http::header, routing::get, serve::ListenerExt};
use hotrow::{domain::Policy, scenario::Latency, store::StoreConfig};
use hotrow_server::{Limits, Server, ServiceInfo};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

use crate::{
    SERVE,
    process::BALANCE_MAX,
    subjects::{Contender, Operation},
};

/// The constant answer: an account in the format of the service.
const BODY: &str = r#"{"id":1,"point":71639,"updateMillis":1795379588879}"#;

/// The program of Node's constant answer.
const NODE_HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/hello.mjs");

/// The program of Node's point service.
const NODE_POINTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/points.mjs");

/// The version of `node`; none if it is not installed.
pub(crate) fn node_version() -> Option<String> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    Some(version.trim().to_owned()).filter(|version| !version.is_empty())
}

/// Returns the command that starts the server of a contender.
pub(crate) fn command(contender: &Contender) -> io::Result<Command> {
    let &Contender { server, operation, placement, .. } = contender;
    let this = env::current_exe()?;
    let mut command;
    match server {
        "node" => {
            command = placement.server("node");
            match operation {
                Operation::Charge => command.arg(NODE_POINTS),
                Operation::Hello | Operation::Read => command.args([NODE_HELLO, BODY]),
            };
        }
        "hyper" | "axum" | "noop" => {
            command = placement.server(&this.to_string_lossy());
            command.args([SERVE, server]);
        }
        strategy => {
            command = placement.server(env!("CARGO_BIN_EXE_hotrow"));
            let policy = format!("balance={BALANCE_MAX}");
            command.args(["serve", strategy, "--listen", "127.0.0.1:0", "--policy", &policy]);
        }
    }
    Ok(command)
}

/// Serves until the process is killed.
pub(crate) fn serve(server: &str) -> ExitCode {
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        match server {
            "hyper" => hyper_hello(listener).await,
            "axum" => axum_hello(listener).await,
            _ => noop_service(listener).await,
        }
    });
    ended.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &io::Error) -> ExitCode {
    eprintln!("cannot serve: {error}");
    ExitCode::FAILURE
}

/// One task for each connection, and one function call for each request.
async fn hyper_hello(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello));
        tokio::spawn(connection);
    }
}

/// Gives the constant answer. A body of the request is read and dropped.
async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if !request.body().is_end_stream() {
        request.into_body().collect().await?;
    }
    let mut response = Response::new(Full::from(BODY));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn axum_hello(listener: TcpListener) -> io::Result<()> {
    let hello = || async { ([(header::CONTENT_TYPE, "application/json")], BODY) };
    let router = Router::new().route("/point/{id}", get(hello));
    let listener = listener.tap_io(|stream| {
        // This fails only if the client has closed the connection.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

/// The point service over `noop`, which answers at once and stores nothing.
async fn noop_service(listener: TcpListener) -> io::Result<()> {
    let is_noop =
        |entry: &&hotrow_registry::Entry| (entry.strategy, entry.store) == ("noop", "memory");
    let entry = hotrow_registry::entries().find(is_noop).expect("noop is in the registry");
    let policy: Policy =
        format!("balance={BALANCE_MAX}").parse().expect("the maximum balance is valid");
    let setup = StoreConfig::default();
    let about = ServiceInfo {
        version: env!("CARGO_PKG_VERSION"),
        strategy: entry.strategy,
        family: entry.family.to_string(),
        linearizable: entry.guarantees.linearizable,
        store: entry.store,
        latency: Latency::None.to_string(),
        policy,
    };
    let points = entry.open_sync(&setup, policy);
    let server = Server::new(points, setup.tick, about, Limits::default());
    server.serve(listener, pending()).await;
    Ok(())
}
